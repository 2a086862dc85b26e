#include "runtime/rest/rest_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "runtime/rest/rest_session.hpp"

namespace scission::runtime {

struct RestServer::Session {
  int descriptor = -1;  ///< -1: closed
  std::thread thread;
};

RestServer::RestServer(std::shared_ptr<grpc::Channel> channel, RestOptions options)
    : channel_(std::move(channel)),
      options_(std::move(options)),
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

void RestServer::run(Session& session) {
  HttpConnection connection(session.descriptor, tls_.get(), options_.patience);
  RestSession(connection, channel_, options_).run();
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
