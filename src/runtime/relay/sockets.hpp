// Non-blocking TCP sockets with owners.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <string>

#include "base/descriptor.hpp"

namespace scission::runtime {

/// The address of a socket or of its peer.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text;  ///< as given, for error messages

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int port() const;
};

/// Takes "HOST:PORT" or "[::1]:PORT". Throws Error(invalid_argument) on other text, Error(io) on an
/// unknown host, with the text as place.
SocketAddress resolve(const std::string& host_and_port);

/// A socket bound to the address; port 0: any free one. Several sockets of this process may be
/// bound to the same address. Throws Error(io).
Descriptor bind_to(const SocketAddress& address);

/// The address that the socket is bound to.
SocketAddress address_of(const Descriptor& socket, const std::string& text);

/// Throws Error(io).
void start_listening(const Descriptor& socket, const std::string& text);

/// The next connection; closed if none is pending.
Descriptor accept_from(const Descriptor& listener);

/// A connecting socket, writable once connected; closed if that failed immediately.
Descriptor begin_connecting(const SocketAddress& address);

/// Whether the connection begun by begin_connecting() has failed.
bool has_failed(const Descriptor& socket);

/// Disables Nagle's algorithm and makes the kernel's buffers small.
void tune(const Descriptor& socket);

/// Makes close() reset the connection instead of ending it.
void break_on_close(const Descriptor& socket);

/// Number of bytes that can be read without blocking.
std::size_t readable_bytes(const Descriptor& socket);

}  // namespace scission::runtime
