// TCP at its simplest, blocking, for tests.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/relay/sockets.hpp"

namespace scission::testing {

/// Listens on a free port of 127.0.0.1.
class PlainListener {
 public:
  PlainListener();

  std::string address() const;

  /// Waits for the next connection.
  Descriptor accept() const;

 private:
  Descriptor socket_;
  int port_ = 0;
};

/// Blocking; closed if nothing listens there.
Descriptor plain_connection(int port);

/// False when the connection broke.
bool send_all(const Descriptor& socket, std::string_view bytes);

/// What comes, up to `most` bytes or the end; nothing when the connection broke.
std::optional<std::string> receive(const Descriptor& socket, std::size_t most);

/// Ends sending, but not receiving.
void end_sending(const Descriptor& socket);

/// Bytes that do not repeat for long, different for each seed.
std::string noise(std::size_t bytes, unsigned seed);

}  // namespace scission::testing
