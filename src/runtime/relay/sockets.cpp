#include "runtime/relay/sockets.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission::runtime {
namespace {

// The kernel doubles it. With much less, a loopback segment of 64 KiB would not fit.
constexpr int kernel_buffer_bytes = 256 * 1024;
constexpr int backlog = 128;

[[noreturn]] void fail(const std::string& what, const std::string& place) {
  throw Error(ErrorCode::io, what + ": " + std::generic_category().message(errno), place);
}

void set_option(const Descriptor& socket, int level, int option, int value) {
  setsockopt(socket.number(), level, option, &value, sizeof value);
}

struct HostAndPort {
  std::string host;
  std::string port;
};

HostAndPort parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  HostAndPort parts;
  if (colon != std::string::npos) parts = {text.substr(0, colon), text.substr(colon + 1)};
  const std::optional<int> port = text::to_int(parts.port);
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  if (parts.host.empty() || !port || *port < 0 || *port > 65535) {
    throw_invalid_argument("is not an address; write HOST:PORT", text);
  }
  return parts;
}

}  // namespace

int SocketAddress::port() const {
  if (family() == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

SocketAddress resolve(const std::string& host_and_port) {
  const HostAndPort parts = parse_address(host_and_port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (code != 0) {
    throw Error(ErrorCode::io, fmt::format("is an unknown host: {}", gai_strerror(code)),
                host_and_port);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  address.text = host_and_port;
  return address;
}

Descriptor bind_to(const SocketAddress& address) {
  Descriptor socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.is_open()) fail("cannot create a socket", address.text);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(socket.number(), address.get(), address.size) != 0) fail("cannot listen", address.text);
  return socket;
}

SocketAddress address_of(const Descriptor& socket, const std::string& text) {
  SocketAddress address;
  address.size = sizeof address.storage;
  address.text = text;
  if (getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) !=
      0) {
    fail("cannot get its port", text);
  }
  return address;
}

void start_listening(const Descriptor& socket, const std::string& text) {
  tune(socket);  // accepted sockets inherit it; the window cannot be changed later
  if (listen(socket.number(), backlog) != 0) fail("cannot listen", text);
}

Descriptor accept_from(const Descriptor& listener) {
  Descriptor socket(accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.is_open()) tune(socket);
  return socket;
}

Descriptor begin_connecting(const SocketAddress& address) {
  Descriptor socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.is_open()) return socket;
  tune(socket);
  if (connect(socket.number(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
    socket.close();
  }
  return socket;
}

bool has_failed(const Descriptor& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  const int code = getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  return code != 0 || error != 0;
}

void tune(const Descriptor& socket) {
  set_option(socket, SOL_SOCKET, SO_SNDBUF, kernel_buffer_bytes);
  set_option(socket, SOL_SOCKET, SO_RCVBUF, kernel_buffer_bytes);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

void break_on_close(const Descriptor& socket) {
  const linger at_once{1, 0};
  setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::size_t readable_bytes(const Descriptor& socket) {
  int bytes = 0;
  return ioctl(socket.number(), FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace scission::runtime
