// One HTTP connection: bytes of a socket, with or without TLS, within limits of size and time.
#pragma once

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "runtime/rest/tls_context.hpp"

namespace scission::runtime {

/// How long the other end of a connection may take.
struct HttpPatience {
  double idle_s = 60;           ///< between requests
  double head_s = 20;           ///< for TLS, the first request, and the head of a request to come
  double bytes_per_s = 50'000;  ///< slowest rate of a body, beyond `head_s`
};

/// The socket of a connection, non-blocking, as cpp-httplib reads and writes it. Reading ends where
/// the request's head or body exceeds its size or time. Owns the descriptor.
class HttpConnection final : public httplib::Stream {
 public:
  /// Speaks TLS if `tls` is not null.
  HttpConnection(int descriptor, SSL_CTX* tls, const HttpPatience& patience);
  ~HttpConnection() override;  ///< closes the connection
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Begins TLS; false when the other end does not in time.
  bool handshake();

  /// Until there is something to read; false when the connection has ended, or idle for too long:
  /// idle_s, or head_s before the first request.
  bool wait_for_request(bool is_first);

  void begin_head();                   ///< what is read next is a head: at most 64 KiB, in head_s
  void begin_body(std::size_t bytes);  ///< what is read next is a body of this size

  /// The head as it was received, or as much as was read of it.
  const std::string& head() const { return head_; }

  /// Whether the head exceeds what may be read of it.
  bool is_head_too_large() const { return is_head_ && bytes_left_ == 0; }

  /// Names in the verified certificate of the other end; none without one.
  std::vector<std::string> certificate_names() const;

  /// All `bytes`; false when they do not come in time.
  bool read_all(char* to, std::size_t bytes);

  /// Whether reading ended because of the time.
  bool is_late() const { return is_late_; }

  /// Whether the other end has closed the connection, or its sending half: the two look the same
  /// from here, and a client that waits for its answer keeps both open.
  bool is_abandoned() const;

  /// Tells the other end that nothing more is sent, and reads what it is still sending, so that the
  /// answer is not lost. Takes up to a second.
  void linger();

  // What cpp-httplib calls.
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return 0; }  ///< below FD_SETSIZE, which httplib checks

 private:
  using Clock = std::chrono::steady_clock;

  bool wait(short events, Clock::time_point deadline);
  ssize_t receive(char* to, std::size_t size, Clock::time_point deadline);
  ssize_t receive_tls(char* to, std::size_t size, Clock::time_point deadline);
  ssize_t send(const char* from, std::size_t size, Clock::time_point deadline);
  bool wait_for_tls(int result, Clock::time_point deadline);
  void begin_window();
  void count(std::size_t received);

  const int descriptor_;
  const HttpPatience patience_;
  TlsSession tls_;
  std::vector<char> buffer_;  ///< received and not read yet: from begin_ to end_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t bytes_left_ = 0;  ///< that may be read of this head or body
  std::size_t window_end_ = 0;  ///< bytes_left_ with which the next deadline begins; 0: none
  Clock::time_point deadline_;  ///< of reading
  bool is_head_ = false;
  std::string head_;
  bool is_late_ = false;
};

}  // namespace scission::runtime
