#include "explore_server/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "scission/base.hpp"

namespace scission {
namespace {

constexpr const char* address = "127.0.0.1";

/// The library waits so long for further bytes of a request, and for the next one of a connection.
constexpr time_t read_timeout_s = 2;

/// The time for one body, however steadily it comes.
constexpr std::chrono::seconds body_timeout{5};

/// The time for one head, however steadily it comes.
constexpr std::chrono::seconds head_timeout{5};

/// A request as if it had no Range and no Accept-Encoding: every answer is sent whole and as it is.
/// A range would be applied to errors too, and compression takes longer than the loopback. The
/// library gives handlers its own Request, which is not const.
void ask_for_whole(const httplib::Request& request) {
  auto& own = const_cast<httplib::Request&>(request);
  own.ranges.clear();
  own.headers.erase("Range");
  own.headers.erase("Accept-Encoding");
}

void send(const ExploreReply& reply, httplib::Response& response) {
  response.status = reply.status;
  response.set_content(reply.body, reply.content_type);
}

/// Calls `see` with the descriptor and the other end's port of each connection to `port` that this
/// process has accepted.
void for_each_connection(int port, const std::function<void(int descriptor, int peer_port)>& see) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int descriptor = std::atoi(entry.path().filename().c_str());
    sockaddr_in own{};
    sockaddr_in peer{};
    socklen_t size = sizeof own;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
    if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
    size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    see(descriptor, ntohs(peer.sin_port));
  }
}

/// Ends connections whose next request has no whole head in time: the library limits the time for
/// each byte only. It hands over no descriptors, so connections are known by the other end's port.
class HeadWatch {
 public:
  void start(int port) {
    thread_ = std::jthread([this, port](const std::stop_token& stop) { watch(port, stop); });
  }
  void stop() { thread_ = {}; }

  void note_head(int peer_port) { set(peer_port, true); }
  void note_answer(int peer_port) { set(peer_port, false); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection {
    Clock::time_point since;   ///< it is expected to send a head
    bool is_answered = false;  ///< a request of it is being answered
  };

  void set(int peer_port, bool is_answered) {
    const std::lock_guard lock(mutex_);
    connections_[peer_port] = {Clock::now(), is_answered};
  }

  // What waits for a thread of the library is not slow.
  static bool has_unread(int descriptor) {
    int bytes = 0;
    return ioctl(descriptor, FIONREAD, &bytes) == 0 && bytes > 0;
  }

  void watch(int port, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds pause{250};
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, pause, [] { return false; }) && !stop.stop_requested()) {
      std::map<int, Connection> open;
      for_each_connection(port, [&](int descriptor, int peer_port) {
        const auto known = connections_.find(peer_port);
        const Connection connection =
            known == connections_.end() ? Connection{Clock::now(), false} : known->second;
        open[peer_port] = connection;
        const bool is_late =
            !connection.is_answered && Clock::now() - connection.since > head_timeout;
        if (is_late && !has_unread(descriptor)) {
          shutdown(descriptor, SHUT_RDWR);
        }
      });
      connections_ = std::move(open);
    }
  }

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<int, Connection> connections_;
  std::jthread thread_;  // last: it uses the others
};

std::string why_refused(int status) {
  if (status == 413) {
    return fmt::format("a question has at most {} bytes", ExploreService::max_body_bytes);
  }
  if (status == 408) return "the body of the request came too slowly";
  return status == 404 ? "there is no such page" : "the request is not valid HTTP";
}

}  // namespace

struct ExploreServer::Impl {
  explicit Impl(const ExploreService& answers) : service(answers) {}

  const ExploreService& service;
  httplib::Server server;
  int port = 0;
  std::thread thread;
  std::atomic<bool> is_over = false;  ///< the thread serves no more
  HeadWatch heads;

  ExploreReply reply(const httplib::Request& request, const std::string& body) const {
    return service.reply({request.method, request.path, request.get_header_value("Host"),
                          request.get_header_value("Content-Type"), body},
                         port);
  }

  /// Reads the body up to its limit, which the library knows only of bodies of a stated length.
  /// `status` is what the library makes of a body that cannot be read.
  ExploreReply reply_to_body(const httplib::Request& request, const int& status,
                             const httplib::ContentReader& read) const {
    std::string body;
    bool fits = true;
    bool is_in_time = true;
    const auto end = std::chrono::steady_clock::now() + body_timeout;
    const bool is_read = request.method != "POST" || request.is_multipart_form_data() ||
                         read([&](const char* data, std::size_t size) {
                           fits = body.size() + size <= ExploreService::max_body_bytes;
                           is_in_time = std::chrono::steady_clock::now() < end;
                           if (fits) body.append(data, size);
                           return fits && is_in_time;
                         });
    if (is_read) return reply(request, body);
    const int code = !fits || status == 413 ? 413 : is_in_time ? 400 : 408;
    return ExploreService::refusal(code, why_refused(code));
  }
};

ExploreServer::ExploreServer(const ExploreService& service, int port)
    : impl_(std::make_unique<Impl>(service)) {
  httplib::Server& server = impl_->server;
  // A second program must not share the port, as the default of the library would allow.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_tcp_nodelay(true);
  server.set_read_timeout(read_timeout_s);
  server.set_keep_alive_timeout(read_timeout_s);
  server.set_payload_max_length(ExploreService::max_body_bytes);
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"Content-Security-Policy", "frame-ancestors 'none'"},
                              {"Referrer-Policy", "no-referrer"},
                              {"X-Content-Type-Options", "nosniff"}});
  server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response&) {
    impl_->heads.note_head(request.remote_port);
    ask_for_whole(request);
    return httplib::Server::HandlerResponse::Unhandled;
  });
  server.set_logger([this](const httplib::Request& request, const httplib::Response&) {
    impl_->heads.note_answer(request.remote_port);
  });
  const auto reply = [this](const httplib::Request& request, httplib::Response& response) {
    send(impl_->reply(request, ""), response);
  };
  const auto reply_to_body = [this](const httplib::Request& request, httplib::Response& response,
                                    const httplib::ContentReader& read) {
    send(impl_->reply_to_body(request, response.status, read), response);
  };
  constexpr const char* every_path = ".*";
  server.Get(every_path, reply).Options(every_path, reply);
  server.Post(every_path, reply_to_body).Put(every_path, reply_to_body);
  server.Patch(every_path, reply_to_body).Delete(every_path, reply_to_body);
  server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    ask_for_whole(request);
    if (!response.has_header("Content-Type")) {
      send(ExploreService::refusal(response.status, why_refused(response.status)), response);
    }
  });
  const bool is_bound = port == 0 ? (impl_->port = server.bind_to_any_port(address)) > 0
                                  : server.bind_to_port(address, port) && (impl_->port = port) > 0;
  if (!is_bound) {
    throw Error(ErrorCode::io, "cannot listen there; without --port a free port is chosen",
                fmt::format("{}:{}", address, port));
  }
}

ExploreServer::~ExploreServer() { stop(); }

int ExploreServer::port() const { return impl_->port; }

void ExploreServer::start() {
  impl_->heads.start(impl_->port);
  impl_->thread = std::thread([this] {
    impl_->server.listen_after_bind();
    impl_->is_over = true;
  });
}

void ExploreServer::stop() {
  if (!impl_->thread.joinable()) return;
  // Before it runs, the library does not take a stop.
  while (!impl_->server.is_running() && !impl_->is_over) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  impl_->server.stop();
  // Connections that were in the queue are accepted afterwards.
  while (!impl_->is_over) {
    // The library would wait for them.
    for_each_connection(impl_->port, [](int descriptor, int) { shutdown(descriptor, SHUT_RDWR); });
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  impl_->thread.join();
  impl_->heads.stop();
}

std::string random_token() {
  std::array<unsigned char, 16> bits{};
  if (getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) {
    throw Error(ErrorCode::io, "the system has no random numbers", "/dev/urandom");
  }
  std::string text;
  for (const unsigned char byte : bits) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace scission
