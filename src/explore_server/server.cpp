#include "explore_server/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "scission/base.hpp"

namespace scission {
namespace {

constexpr const char* address = "127.0.0.1";

/// The library waits so long for further bytes of a request, and for the next one of a connection.
constexpr time_t read_timeout_s = 2;

/// The time for one body, however steadily it comes.
constexpr std::chrono::seconds body_timeout{5};

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

/// Ends the connections to `port` that this process has accepted. The library would wait for them.
void shut_connections(int port) {
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
    shutdown(descriptor, SHUT_RDWR);
  }
}

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
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
    ask_for_whole(request);
    return httplib::Server::HandlerResponse::Unhandled;
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
    shut_connections(impl_->port);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  impl_->thread.join();
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
