// A unary call whose messages are bytes, neither parsed nor copied.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace scission::runtime {

inline constexpr const char* infer_method = "/inference.GRPCInferenceService/ModelInfer";
inline constexpr const char* probe_method = "/scission.v1.Control/Probe";

/// The result of a call, its message unparsed.
struct RawAnswer {
  grpc::Status status;
  grpc::ByteBuffer message;
  std::vector<std::string> stages;  ///< entries of stage_metadata, encoded
  std::string failed;               ///< the system in failed_metadata, if any
  double seconds = 0;               ///< from start() to the answer
};

/// One call; not reusable.
class RawCall {
 public:
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const char* method);

  /// Calls `done` once, on a gRPC thread, unless start() throws. The call must live until then.
  void start(const grpc::ByteBuffer& request, std::chrono::system_clock::time_point deadline,
             std::function<void(RawAnswer)> done);

  /// Callable on any thread, even before start(): the answer becomes CANCELLED soon.
  void cancel() { context_.TryCancel(); }

 private:
  RawAnswer take_answer(const grpc::Status& status);

  grpc::GenericStub stub_;
  const char* method_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::chrono::steady_clock::time_point started_;
  std::atomic<bool> is_started_ = false;  // orders start() before the answer for thread checkers
};

}  // namespace scission::runtime
