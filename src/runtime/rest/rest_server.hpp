// The HTTP/REST half of the Open Inference Protocol, in front of the gRPC half.
#pragma once

#include <grpcpp/channel.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "runtime/rest/http_connection.hpp"
#include "runtime/rest/tls_context.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

struct RestOptions {
  MessageLimits limits;
  Security security;
  HttpPatience patience;
  /// The page at /metrics; empty: there is none. Called on any connection's thread.
  std::function<std::string()> metrics;
};

/// Serves HTTP on connections that it is given, a thread for each. Every request becomes a call of
/// the gRPC service at the other end of `channel`, so that limits, queue, deadlines and errors are
/// the same. Thread-safe.
class RestServer {
 public:
  /// Throws as make_tls_context().
  RestServer(std::shared_ptr<grpc::Channel> channel, RestOptions options);
  ~RestServer();  ///< stop()
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  /// Serves the connection, whose descriptor it owns from then on, until it ends.
  void serve(int descriptor);

  /// Ends all connections; those that are sending an answer within two seconds.
  void stop();

  int connections() const;

 private:
  struct Session;

  void run(Session& session);
  void join_finished();

  const std::shared_ptr<grpc::Channel> channel_;
  const RestOptions options_;
  const TlsContext tls_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Session>> sessions_;
  bool is_stopped_ = false;
};

}  // namespace scission::runtime
