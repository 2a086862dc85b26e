#include "runtime/rest/http_connection.hpp"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "base/seconds.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
constexpr std::size_t max_head_bytes = std::size_t{64} << 10;

bool is_unready(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int tls_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

HttpConnection::HttpConnection(int descriptor, SSL_CTX* tls, const HttpPatience& patience)
    : descriptor_(descriptor), patience_(patience), buffer_(buffer_bytes) {
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls));
  if (tls_) SSL_set_fd(tls_.get(), descriptor_);
}

HttpConnection::~HttpConnection() {
  if (tls_) SSL_shutdown(tls_.get());
  ERR_clear_error();
  ::close(descriptor_);
}

bool HttpConnection::wait(short events, Clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() < 0) break;
    const auto timeout = std::min<std::int64_t>(left.count() + 1, 60'000);
    pollfd event{descriptor_, events, 0};
    const int ready = ::poll(&event, 1, static_cast<int>(timeout));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  is_late_ = true;
  return false;
}

/// Whether the operation of TLS may be repeated now.
bool HttpConnection::wait_for_tls(int result, Clock::time_point deadline) {
  const int error = SSL_get_error(tls_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return wait(POLLIN, deadline);
  return error == SSL_ERROR_WANT_WRITE && wait(POLLOUT, deadline);
}

bool HttpConnection::handshake() {
  if (!tls_) return true;
  const auto deadline = Clock::now() + clock_duration(patience_.head_s);
  while (true) {
    const int result = SSL_accept(tls_.get());
    if (result == 1) return true;
    if (!wait_for_tls(result, deadline)) return false;
  }
}

std::vector<std::string> HttpConnection::certificate_names() const {
  return tls_ ? runtime::certificate_names(*tls_) : std::vector<std::string>{};
}

bool HttpConnection::wait_for_request(bool is_first) {
  if (begin_ < end_ || (tls_ && SSL_pending(tls_.get()) > 0)) return true;
  return wait(POLLIN,
              Clock::now() + clock_duration(is_first ? patience_.head_s : patience_.idle_s));
}

void HttpConnection::begin_head() {
  is_late_ = false;
  is_head_ = true;
  head_.clear();
  bytes_left_ = max_head_bytes;
  window_end_ = 0;
  deadline_ = Clock::now() + clock_duration(patience_.head_s);
}

void HttpConnection::begin_body(std::size_t bytes) {
  is_head_ = false;
  bytes_left_ = bytes;
  begin_window();
}

// A body must keep its rate all the time, so that one that is announced and not sent ends soon.
void HttpConnection::begin_window() {
  const auto bytes = static_cast<std::size_t>(patience_.head_s * patience_.bytes_per_s);
  window_end_ = bytes_left_ > bytes ? bytes_left_ - bytes : 0;
  deadline_ = Clock::now() + clock_duration(patience_.head_s);
}

void HttpConnection::count(std::size_t received) {
  bytes_left_ -= received;
  if (window_end_ > 0 && bytes_left_ <= window_end_) begin_window();
}

ssize_t HttpConnection::receive_tls(char* to, std::size_t size, Clock::time_point deadline) {
  while (true) {
    const int received = SSL_read(tls_.get(), to, tls_size(size));
    if (received > 0) return received;
    if (!wait_for_tls(received, deadline)) return -1;
  }
}

ssize_t HttpConnection::receive(char* to, std::size_t size, Clock::time_point deadline) {
  if (tls_) return receive_tls(to, size, deadline);
  while (true) {
    const ssize_t received = ::recv(descriptor_, to, size, 0);
    if (received >= 0 || !is_unready(errno)) return received;
    if (!wait(POLLIN, deadline)) return -1;
  }
}

ssize_t HttpConnection::read(char* to, std::size_t size) {
  if (Clock::now() >= deadline_) is_late_ = true;
  size = std::min(size, bytes_left_);
  if (size == 0 || is_late_) return -1;
  if (begin_ == end_ && size >= buffer_.size()) {  // of a body, into its own memory
    const ssize_t received = receive(to, size, deadline_);
    if (received > 0) count(static_cast<std::size_t>(received));
    return received;
  }
  if (begin_ == end_) {
    const ssize_t received = receive(buffer_.data(), buffer_.size(), deadline_);
    if (received <= 0) return received;
    begin_ = 0;
    end_ = static_cast<std::size_t>(received);
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, taken, to);
  begin_ += taken;
  if (is_head_) head_.append(to, taken);
  count(taken);
  return static_cast<ssize_t>(taken);
}

bool HttpConnection::read_all(char* to, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t received = read(to, bytes);
    if (received <= 0) return false;
    to += received;
    bytes -= static_cast<std::size_t>(received);
  }
  return true;
}

ssize_t HttpConnection::send(const char* from, std::size_t size, Clock::time_point deadline) {
  while (true) {
    if (tls_) {
      const int sent = SSL_write(tls_.get(), from, tls_size(size));
      if (sent > 0) return sent;
      if (!wait_for_tls(sent, deadline)) return -1;
    } else {
      const ssize_t sent = ::send(descriptor_, from, size, MSG_NOSIGNAL);
      if (sent >= 0 || !is_unready(errno)) return sent;
      if (!wait(POLLOUT, deadline)) return -1;
    }
  }
}

ssize_t HttpConnection::write(const char* from, std::size_t size) {
  const double seconds = patience_.head_s + static_cast<double>(size) / patience_.bytes_per_s;
  const auto deadline = Clock::now() + clock_duration(seconds);
  for (std::size_t sent = 0; sent < size;) {
    if (Clock::now() >= deadline) return -1;
    const ssize_t piece = send(from + sent, size - sent, deadline);
    if (piece <= 0) return -1;
    sent += static_cast<std::size_t>(piece);
  }
  return static_cast<ssize_t>(size);
}

bool HttpConnection::is_abandoned() const {
  pollfd event{descriptor_, POLLRDHUP, 0};
  return ::poll(&event, 1, 0) > 0 && (event.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void HttpConnection::linger() {
  if (tls_) SSL_shutdown(tls_.get());
  ::shutdown(descriptor_, SHUT_WR);
  const auto deadline = Clock::now() + std::chrono::seconds(1);
  while (Clock::now() < deadline && wait(POLLIN, deadline) &&
         ::recv(descriptor_, buffer_.data(), buffer_.size(), 0) > 0) {
  }
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace scission::runtime
