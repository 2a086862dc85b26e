// One request for inference, from its bytes to the answer's.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/wire/channel.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/worker/worker_context.hpp"

namespace scission::runtime {

/// The only version of every model here.
inline constexpr const char* model_version = "1";

/// A request's phases: it is decoded on gRPC's thread, in parallel with other requests' computing;
/// runs and is encoded on the computing thread; then is answered, or forwarded to the next system,
/// whose answer it passes on. It is answered exactly once, by whichever comes first: the answer, a
/// failure, or cancellation. Lives until both gRPC and the computing thread have finished with it.
class InferCall final : public grpc::ServerUnaryReactor,
                        public Cancellable,
                        public std::enable_shared_from_this<InferCall> {
 public:
  /// Returns the reactor for gRPC's handler.
  static grpc::ServerUnaryReactor* begin(WorkerContext& worker,
                                         grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response);

  void cancel(const grpc::Status& status) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Clock = std::chrono::steady_clock;

  InferCall(WorkerContext& worker, grpc::CallbackServerContext* context, grpc::ByteBuffer* request,
            grpc::ByteBuffer* response);

  // On gRPC's thread.
  grpc::Status accept();
  void validate_request();
  void take_route();
  void enqueue();

  // On the computing thread.
  bool begin_computing();
  void compute();
  grpc::Status run_model();
  void answer();
  void forward();
  grpc::ByteBuffer next_request();

  void pass_on(RawAnswer next);

  bool is_late() const;
  grpc::Status cancelled_status() const;
  /// True once: for the caller that must answer the request.
  bool claim();
  void respond(const grpc::Status& status);
  void respond_with(grpc::ByteBuffer& message, const std::vector<std::string>& next_stages);
  void fail(const grpc::Status& status, const std::string& failed_system);
  void fail(const grpc::Status& status) { fail(status, worker_.name); }

  InFlightRequests::Slot slot_;  // first: released after all other members
  WorkerContext& worker_;
  grpc::CallbackServerContext* context_;  // after claim(), only valid if it returned true
  grpc::ByteBuffer* request_;
  grpc::ByteBuffer* response_;
  const Clock::time_point arrival_ = Clock::now();
  const std::chrono::system_clock::time_point deadline_;
  std::shared_ptr<InferCall> self_;  // until OnDone()

  std::shared_ptr<const ServedModel> model_;
  InferMessage message_;
  std::vector<Tensor> outputs_;
  std::vector<RouteStop> route_;
  StageTiming timing_;
  Clock::time_point queued_;

  std::mutex mutex_;
  bool is_claimed_ = false;
  std::optional<SerialExecutor::Ticket> ticket_;
  std::optional<RawCall> next_;
};

}  // namespace scission::runtime
