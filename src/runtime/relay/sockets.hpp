// TCP sockets as the relay needs them: non-blocking, closed by their owners.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <string>
#include <utility>

namespace scission::runtime {

/// A file descriptor's owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() { Descriptor().swap(*this); }

 private:
  void swap(Descriptor& other) { std::swap(number_, other.number_); }

  int number_ = -1;
};

/// Where a socket is or goes to.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text;  ///< as it was given, for errors

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int port() const;
};

/// "HOST:PORT", "[::1]:PORT". Throws Error(invalid_argument) on anything else, Error(io) on a host
/// that is not known; the text is the place.
SocketAddress resolve(const std::string& host_and_port);

/// Bound to the address; a port of 0 becomes one that is free. Others of this process may be bound
/// to the same one. Throws Error(io).
Descriptor bind_to(const SocketAddress& address);

/// Where it is bound to in fact.
SocketAddress address_of(const Descriptor& socket, const std::string& text);

/// Takes connections from now on. Throws Error(io).
void start_listening(const Descriptor& socket, const std::string& text);

/// The next connection, or none: nobody is waiting, or they have gone.
Descriptor accept_from(const Descriptor& listener);

/// On its way to the address, writable when it is there; not open when that failed at once.
Descriptor begin_connecting(const SocketAddress& address);

/// Whether what begin_connecting() began has failed.
bool has_failed(const Descriptor& socket);

/// What is sent goes off at once, and the kernel keeps little of it.
void tune(const Descriptor& socket);

/// Lets the other end see a broken connection, not an ended one, when it is closed.
void break_on_close(const Descriptor& socket);

/// How many bytes are there to be read.
std::size_t waiting_bytes(const Descriptor& socket);

}  // namespace scission::runtime
