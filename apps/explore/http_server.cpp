#include "http_server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "scission/base/error.hpp"

namespace scission::apps {
namespace {

constexpr const char* address = "127.0.0.1";

/// As it is: the library would compress a body that it has itself, which takes longer than sending
/// it over the loopback.
void send(const ExploreReply& reply, httplib::Response& response) {
  response.status = reply.status;
  response.set_content_provider(
      reply.body.size(), reply.content_type,
      [body = reply.body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        return sink.write(body.data() + offset, length);
      });
}

std::string why_refused(int status) {
  if (status == 413) {
    return fmt::format("a question has at most {} bytes", ExploreService::max_body_bytes);
  }
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
    const bool is_read = request.method != "POST" || request.is_multipart_form_data() ||
                         read([&](const char* data, std::size_t size) {
                           fits = body.size() + size <= ExploreService::max_body_bytes;
                           if (fits) body.append(data, size);
                           return fits;
                         });
    if (is_read) return reply(request, body);
    const int code = !fits || status == 413 ? 413 : 400;
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
  server.set_payload_max_length(ExploreService::max_body_bytes);
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"Content-Security-Policy", "frame-ancestors 'none'"},
                              {"Referrer-Policy", "no-referrer"},
                              {"X-Content-Type-Options", "nosniff"}});
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
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
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

}  // namespace scission::apps
