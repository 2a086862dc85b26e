// The HTTP/REST half of the Open Inference Protocol, in front of the gRPC half.
#pragma once

#include <grpcpp/channel.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "runtime/access/access_control.hpp"
#include "runtime/rest/http_connection.hpp"
#include "runtime/rest/tls_context.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

struct RestOptions {
  MessageLimits limits;
  Security security;
  HttpPatience patience;
  /// The page at /metrics; empty: not served. Called on any connection's thread.
  std::function<std::string()> metrics;
  /// Who may infer and see models and metrics; null: every caller. Must outlive the server.
  AccessControl* access = nullptr;
};

/// What the connections of a server share. Thread-safe.
class RestTotals {
 public:
  /// A part of the memory of arriving bodies, returned by its destructor.
  class Share {
   public:
    Share(RestTotals& owner, std::string client, std::size_t bytes)
        : owner_(owner), client_(std::move(client)), bytes_(bytes) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    RestTotals& owner_;
    std::string client_;
    std::size_t bytes_;
  };

  explicit RestTotals(std::size_t body_bytes)
      : body_bytes_(body_bytes), client_bytes_(body_bytes / 2) {}

  /// For a request of `client`; "": unknown. Throws grpc::Status(RESOURCE_EXHAUSTED) when bodies of
  /// other requests leave less than that, and when those of a known client would exceed half of
  /// all.
  Share take_body(std::size_t bytes, const std::string& client);

  void count_refusal(int status);
  std::map<int, std::int64_t> refused() const;

 private:
  mutable std::mutex mutex_;
  std::size_t body_bytes_;                      ///< left
  const std::size_t client_bytes_;              ///< that one client may have
  std::map<std::string, std::size_t> clients_;  ///< bytes that each has
  std::map<int, std::int64_t> refused_;
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

  /// Requests that were refused before they became calls, by HTTP's status.
  std::map<int, std::int64_t> refused() const { return totals_.refused(); }

  /// For connections from now on.
  void set_tls(TlsContext tls);

 private:
  struct Session;

  std::unique_ptr<HttpConnection> connect(const Session& session) const;
  void run(Session& session);
  void join_finished();

  const std::shared_ptr<grpc::Channel> channel_;
  const RestOptions options_;
  RestTotals totals_;
  mutable std::mutex mutex_;
  TlsContext tls_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Session>> sessions_;
  bool is_stopped_ = false;
};

}  // namespace scission::runtime
