// Accepting connections: how many at a time, and what happens when the process has no descriptors
// left.
#pragma once

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace scission::runtime {

/// A listening socket whose connections are handed on. That of gRPC 1.51 never accepts a connection
/// again after the process has once run out of descriptors, which any client can cause.
class Listener {
 public:
  /// `address`: HOST:PORT, where port 0 is any free one, or unix:PATH. A name with several
  /// addresses, such as localhost, is listened at at each of them. Throws Error(io) with the
  /// address as place when that is impossible.
  explicit Listener(std::string address);
  ~Listener();  ///< stop()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }  ///< 0 of unix:PATH

  std::int64_t accepted() const { return accepted_; }  ///< how many connections were handed on
  /// How many connections were closed because of the limit.
  std::int64_t refused() const { return refused_; }

  /// How many connections let_strangers_yield() has closed.
  std::int64_t yielded() const { return yielded_; }

  /// Hands each connection's descriptor to `take`, which then owns it, on the listener's thread.
  /// Beyond `max_connections` new ones are closed, and `log` gets a line. When the process is out
  /// of descriptors, connections wait until there are some.
  void start(int max_connections, std::function<void(int descriptor)> take,
             std::function<void(const std::string&)> log);

  /// From now on, where the limit is reached, a new connection takes the place of the oldest one
  /// without mark_accepted(), if that is older than `grace`. To be called before start().
  void let_strangers_yield(std::chrono::milliseconds grace) { grace_ = grace; }
  /// A call of this peer, as gRPC names it ("ipv4:10.0.0.1:4711"), has been accepted: its
  /// connection yields to no other one. Thread-safe, O(1).
  void mark_accepted(std::string_view peer);

  /// From now on connecting is refused. Connections that were handed on stay.
  void stop();

 private:
  /// What tells whether a descriptor is still the connection that was handed on.
  struct Socket {
    unsigned long long device = 0;
    unsigned long long inode = 0;
    bool operator==(const Socket&) const = default;
  };
  struct Connection {
    Socket socket;
    int peer_port = 0;  ///< 0: a Unix socket, whose file says who may connect
    std::chrono::steady_clock::time_point since;
  };
  static Socket socket_of(int descriptor);

  void listen_at_path(const std::string& path);
  void listen_at_port(const std::string& host, const std::string& port);
  void accept_all();
  void accept_one(int listening);
  bool is_full();
  bool is_stranger(const Connection& connection);
  bool close_oldest_stranger();
  void log_once(const std::string& line);

  const std::string address_;
  std::vector<int> listening_;
  int port_ = 0;
  int wake_[2] = {-1, -1};  ///< a pipe: closing its end for writing ends the thread
  int max_connections_ = 0;
  std::function<void(int)> take_;
  std::function<void(const std::string&)> log_;
  std::map<int, Connection> connections_;           ///< by descriptor, closed ones among them
  std::optional<std::chrono::milliseconds> grace_;  ///< of let_strangers_yield()
  std::mutex accepted_mutex_;
  /// Ports of peers with an accepted call. Another peer may have the same port; then neither
  /// yields.
  std::bitset<65536> accepted_ports_;
  std::atomic<std::int64_t> accepted_ = 0;
  std::atomic<std::int64_t> refused_ = 0;
  std::atomic<std::int64_t> yielded_ = 0;
  std::string last_logged_;  ///< the last line of the log, until a connection is accepted
  std::thread thread_;
};

/// How many descriptors this process may have open.
int descriptor_limit();

}  // namespace scission::runtime
