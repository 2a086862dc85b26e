#include "runtime/worker/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr int backlog = 128;
constexpr int pause_ms = 100;  ///< between attempts while there are no descriptors

std::string reason_of(int error) { return std::generic_category().message(error); }

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// Throws Error(io) when the host has no address.
Addresses resolve(const std::string& host, const std::string& port, const std::string& place) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error == 0) return {found, &freeaddrinfo};
  throw Error(ErrorCode::io, fmt::format("is no address of this machine ({})", gai_strerror(error)),
              place);
}

/// The listening socket, or -1 with errno set.
int listen_at(const sockaddr* address, socklen_t size) {
  const int descriptor =
      ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(descriptor, address, size) == 0 && ::listen(descriptor, backlog) == 0) {
    return descriptor;
  }
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return -1;
}

/// 0 of a Unix socket.
int port_in(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

int port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return port_in(address);
}

void set_port(sockaddr& address, int port) {
  const auto in_network_order = htons(static_cast<std::uint16_t>(port));
  if (address.sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_port = in_network_order;
  } else {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = in_network_order;
  }
}

std::string explanation_of(int error) {
  if (error == EADDRINUSE) return "another program listens there";
  if (error == EADDRNOTAVAIL) return "does not belong to this machine";
  if (error == EACCES) return "needs a privilege: ports below 1024 are the system's";
  return "cannot listen there: " + reason_of(error);
}

/// A socket without a listener, left behind by a process that was killed.
void remove_stale(const sockaddr_un& address) {
  struct stat status {};
  if (::stat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return;
  const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0 && errno == ECONNREFUSED) ::unlink(address.sun_path);
  ::close(probe);
}

/// As gRPC's own sockets: small messages are sent at once, and a peer that does not acknowledge for
/// ten seconds is gone.
void set_options(int descriptor) {
  const int on = 1;
  const unsigned int patience_ms = 10'000;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

}  // namespace

Listener::Listener(std::string address) : address_(std::move(address)) {
  constexpr std::string_view unix_prefix = "unix:";
  if (address_.starts_with(unix_prefix)) {
    listen_at_path(address_.substr(unix_prefix.size()));
  } else {
    const std::size_t colon = address_.rfind(':');
    std::string host = address_.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    listen_at_port(host, colon == std::string::npos ? "" : address_.substr(colon + 1));
  }
  if (::pipe2(wake_, O_CLOEXEC) == 0) return;
  for (const int descriptor : listening_) ::close(descriptor);
  throw Error(ErrorCode::io, "cannot listen there: " + reason_of(errno), address_);
}

void Listener::listen_at_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Error(ErrorCode::io, "is too long for the path of a socket", address_);
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  remove_stale(address);
  const int descriptor = listen_at(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (descriptor < 0) throw Error(ErrorCode::io, explanation_of(errno), address_);
  listening_.push_back(descriptor);
}

void Listener::listen_at_port(const std::string& host, const std::string& port) {
  const Addresses addresses = resolve(host, port, address_);
  int first_error = 0;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    if (port_ != 0) set_port(*one->ai_addr, port_);
    const int descriptor = listen_at(one->ai_addr, one->ai_addrlen);
    if (descriptor >= 0) {
      listening_.push_back(descriptor);
      port_ = port_of(descriptor);
    } else if (first_error == 0) {
      first_error = errno;
    }
  }
  if (listening_.empty()) throw Error(ErrorCode::io, explanation_of(first_error), address_);
}

Listener::~Listener() {
  stop();
  ::close(wake_[0]);
}

void Listener::start(int max_connections, std::function<void(int)> take,
                     std::function<void(const std::string&)> log) {
  max_connections_ = max_connections;
  take_ = std::move(take);
  log_ = std::move(log);
  thread_ = std::thread([this] { accept_all(); });
}

void Listener::stop() {
  if (wake_[1] < 0) return;
  ::close(std::exchange(wake_[1], -1));
  if (thread_.joinable()) thread_.join();
  for (const int descriptor : listening_) ::close(descriptor);
  if (address_.starts_with("unix:")) ::unlink(address_.substr(5).c_str());
}

void Listener::accept_all() {
  std::vector<pollfd> events{{wake_[0], 0, 0}};
  for (const int descriptor : listening_) events.push_back({descriptor, POLLIN, 0});
  while (::poll(events.data(), events.size(), -1) >= 0 || errno == EINTR) {
    if (events[0].revents != 0) return;
    for (std::size_t i = 1; i < events.size(); ++i) {
      if (events[i].revents != 0) accept_one(events[i].fd);
    }
  }
}

void Listener::accept_one(int listening) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int descriptor =
      ::accept4(listening, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    log_once(fmt::format("no new connections for now: {}", reason_of(errno)));
    pollfd wake{wake_[0], 0, 0};
    ::poll(&wake, 1, pause_ms);
    return;
  }
  const bool was_full = is_full();
  if (was_full && !close_oldest_stranger()) {
    ++refused_;  // before the other end can notice
    ::close(descriptor);
    log_once(
        fmt::format("{} connections are open, the limit; new ones are closed", max_connections_));
    return;
  }
  if (was_full) {
    log_once(
        fmt::format("{} connections are open, the limit; new ones replace those without an "
                    "accepted call",
                    max_connections_));
  } else {
    last_logged_.clear();
  }
  set_options(descriptor);
  const int peer_port = port_in(peer);
  connections_[descriptor] = {socket_of(descriptor), peer_port, std::chrono::steady_clock::now()};
  {
    const std::lock_guard lock(accepted_mutex_);
    accepted_ports_.reset(static_cast<std::size_t>(peer_port));
  }
  ++accepted_;
  take_(descriptor);
}

// O(connections), 0.3 µs each.
bool Listener::is_full() {
  if (static_cast<int>(connections_.size()) < max_connections_) return false;
  std::erase_if(connections_,
                [](const auto& known) { return socket_of(known.first) != known.second.socket; });
  return static_cast<int>(connections_.size()) >= max_connections_;
}

bool Listener::is_stranger(const Connection& connection) {
  const std::lock_guard lock(accepted_mutex_);
  return connection.peer_port != 0 &&
         !accepted_ports_.test(static_cast<std::size_t>(connection.peer_port));
}

// Ends the connection at both ends; gRPC then closes the descriptor.
bool Listener::close_oldest_stranger() {
  if (!grace_) return false;
  auto oldest = connections_.end();
  for (auto known = connections_.begin(); known != connections_.end(); ++known) {
    if (!is_stranger(known->second)) continue;
    if (oldest == connections_.end() || known->second.since < oldest->second.since) oldest = known;
  }
  if (oldest == connections_.end() ||
      oldest->second.since + *grace_ > std::chrono::steady_clock::now()) {
    return false;
  }
  if (socket_of(oldest->first) == oldest->second.socket) ::shutdown(oldest->first, SHUT_RDWR);
  connections_.erase(oldest);
  ++yielded_;
  return true;
}

void Listener::mark_accepted(std::string_view peer) {
  const std::string_view digits = peer.substr(peer.rfind(':') + 1);
  std::uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const std::lock_guard lock(accepted_mutex_);
  accepted_ports_.set(port);
}

Listener::Socket Listener::socket_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

void Listener::log_once(const std::string& line) {
  if (std::exchange(last_logged_, line) != line) log_(line);
}

int descriptor_limit() {
  constexpr int usual = 1024;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return usual;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max()));
}

}  // namespace scission::runtime
