#include "runtime/rest/rest_server.hpp"

#include <grpcpp/support/status.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/rest/rest_session.hpp"

namespace scission::runtime {

namespace {

/// Memory for arriving bodies, as gRPC has for arriving messages.
std::size_t body_bytes(const MessageLimits& limits) {
  return 4 * static_cast<std::size_t>(std::max(limits.bytes, std::int64_t{16} << 20));
}

}  // namespace

RestTotals::Share::~Share() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.body_bytes_ += bytes_;
  const auto held = owner_.clients_.find(client_);
  if (held != owner_.clients_.end() && (held->second -= bytes_) == 0) owner_.clients_.erase(held);
}

RestTotals::Share RestTotals::take_body(std::size_t bytes, const std::string& client) {
  const std::lock_guard lock(mutex_);
  if (bytes > body_bytes_) {
    throw grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                       "the bodies of other requests fill the memory for them; try again later");
  }
  if (!client.empty() && bytes > 0) {
    const auto held = clients_.find(client);
    if ((held == clients_.end() ? 0 : held->second) + bytes > client_bytes_) {
      throw grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                         "the client's other bodies fill its half of the memory for them; try "
                         "again later");
    }
    clients_[client] += bytes;
  }
  body_bytes_ -= bytes;
  return {*this, client, bytes};
}

void RestTotals::count_refusal(int status) {
  const std::lock_guard lock(mutex_);
  ++refused_[status];
}

std::map<int, std::int64_t> RestTotals::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

struct RestServer::Session {
  int descriptor = -1;  ///< -1: closed
  std::thread thread;
};

RestServer::RestServer(std::shared_ptr<grpc::Channel> channel, RestOptions options)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      totals_(body_bytes(options_.limits)),
      tls_(make_tls_context(options_.security)) {}

RestServer::~RestServer() { stop(); }

void RestServer::serve(int descriptor) {
  const std::lock_guard lock(mutex_);
  join_finished();
  if (is_stopped_) {
    ::close(descriptor);
    return;
  }
  Session& session = *sessions_.emplace_back(std::make_unique<Session>());
  session.descriptor = descriptor;
  try {
    session.thread = std::thread([this, &session] { run(session); });
  } catch (const std::system_error&) {  // no more threads
    ::close(descriptor);
    sessions_.pop_back();
  }
}

void RestServer::set_tls(TlsContext tls) {
  const std::lock_guard lock(mutex_);
  tls_ = std::move(tls);
}

std::unique_ptr<HttpConnection> RestServer::connect(const Session& session) const {
  const std::lock_guard lock(mutex_);
  return std::make_unique<HttpConnection>(session.descriptor, tls_.get(), options_.patience);
}

void RestServer::run(Session& session) {
  const auto connection = connect(session);
  RestSession(*connection, channel_, options_, totals_).run();
  const std::lock_guard lock(mutex_);
  session.descriptor = -1;  // before it is closed: stop() must not touch another one's
  changed_.notify_all();
}

/// Threads that have nothing more to do but to close their connection.
void RestServer::join_finished() {
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    if ((*session)->descriptor >= 0) {
      ++session;
      continue;
    }
    (*session)->thread.join();
    session = sessions_.erase(session);
  }
}

void RestServer::stop() {
  std::unique_lock lock(mutex_);
  is_stopped_ = true;
  const auto shut = [&](int how) {
    for (const auto& session : sessions_) {
      if (session->descriptor >= 0) ::shutdown(session->descriptor, how);
    }
  };
  const auto are_ended = [&] {
    for (const auto& session : sessions_) {
      if (session->descriptor >= 0) return false;
    }
    return true;
  };
  shut(SHUT_RD);  // no further request; answers still leave
  changed_.wait_for(lock, std::chrono::seconds(2), are_ended);
  shut(SHUT_RDWR);
  changed_.wait(lock, are_ended);
  join_finished();
}

int RestServer::connections() const {
  const std::lock_guard lock(mutex_);
  int count = 0;
  for (const auto& session : sessions_) count += session->descriptor >= 0 ? 1 : 0;
  return count;
}

}  // namespace scission::runtime
