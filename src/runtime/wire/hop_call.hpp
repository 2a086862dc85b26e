// One call of the next worker on a request's route.
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

/// What came of a call, its message as it came.
struct HopAnswer {
  grpc::Status status;
  grpc::ByteBuffer message;
  std::vector<std::string> stages;  ///< entries of stage_metadata, as they came
  std::string failed;               ///< system in failed_metadata, if there
  double seconds = 0;               ///< from start() to the answer
};

/// Bytes out and bytes back, neither parsed nor copied. Once.
class HopCall {
 public:
  HopCall(const std::shared_ptr<grpc::Channel>& channel, const char* method);

  /// Calls `done` once, from a thread of gRPC's, unless start() throws. The call must live until
  /// then.
  void start(const grpc::ByteBuffer& request, std::chrono::system_clock::time_point deadline,
             std::function<void(HopAnswer)> done);

  /// From any thread, even before start(): the answer is CANCELLED then, soon.
  void cancel() { context_.TryCancel(); }

 private:
  HopAnswer take_answer(const grpc::Status& status);

  grpc::GenericStub stub_;
  const char* method_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::chrono::steady_clock::time_point started_;
  std::atomic<bool> is_started_ = false;  // orders start() before the answer, visibly
};

}  // namespace scission::runtime
