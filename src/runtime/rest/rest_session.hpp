// The requests of one HTTP connection.
#pragma once

#include <grpcpp/channel.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/rest/http_connection.hpp"
#include "runtime/rest/rest_server.hpp"

namespace scission::runtime {

/// cpp-httplib parses the heads of requests and writes the answers; bodies are read here, once
/// their size is known, into memory of that size.
class RestSession : private httplib::Server {
 public:
  RestSession(HttpConnection& connection, std::shared_ptr<grpc::Channel> channel,
              const RestOptions& options, RestTotals& totals);

  /// Answers requests until the connection ends.
  void run();

 private:
  using Request = httplib::Request;
  using Response = httplib::Response;

  /// Answers one request; false when the connection has ended. The signature of
  /// Server::process_request() has addresses since cpp-httplib 0.16.
  template <typename Stream>
  bool process(Stream& stream, bool& is_closed) {
    const std::function<void(Request&)> setup = [this](Request& request) { examine(request); };
    if constexpr (requires { this->process_request(stream, false, is_closed, setup); }) {
      return this->process_request(stream, false, is_closed, setup);
    } else {
      return this->process_request(stream, "", 0, "", 0, false, is_closed, setup);
    }
  }

  // In the order of a request.
  void examine(Request& request);
  void refuse(int status, std::string message);
  void answer(const Request& request, Response& response);
  void identify(const Request& request);
  void admit(AccessControl::Ticket& ticket);
  void route(const Request& request, Response& response);
  void route_model(const std::vector<std::string>& words, Response& response,
                   const Request& request);
  void infer(const std::string& model, const std::string& version, const Request& request,
             Response& response);
  void complete_error(Response& response);

  HttpConnection& connection_;
  const std::shared_ptr<grpc::Channel> channel_;
  const RestOptions& options_;
  RestTotals& totals_;
  bool has_head_ = false;       ///< of the current request
  bool is_first_ = true;        ///< no request has had a whole head yet
  bool is_ending_ = false;      ///< after the current request
  std::size_t body_bytes_ = 0;  ///< of the current request, not read yet
  int refusal_ = 0;             ///< status, if the current request is refused by its head
  std::string refusal_message_;
  Caller caller_;           ///< of the current request
  std::string sealed_;      ///< caller_, sealed; empty: anybody
  bool is_called_ = false;  ///< the current request has become a call
};

}  // namespace scission::runtime
