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

#include "runtime/wire/hop_call.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/route.hpp"
#include "runtime/worker/infer_host.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// The only one that a model has here.
inline constexpr const char* model_version = "1";

/// Decodes on gRPC's thread, so that it overlaps with what others compute; runs on the computing
/// thread and encodes there too, which copies no tensor; hands on, or answers. It is answered once,
/// whatever comes first: the answer, a failure, its being cancelled or ended from outside. Lives
/// until gRPC and the computing thread are both through with it.
class InferCall final : public grpc::ServerUnaryReactor,
                        public Endable,
                        public std::enable_shared_from_this<InferCall> {
 public:
  /// What gRPC's handler returns.
  static grpc::ServerUnaryReactor* begin(InferHost& host, grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response);

  void end(const grpc::Status& status) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Clock = std::chrono::steady_clock;

  InferCall(InferHost& host, grpc::CallbackServerContext* context, grpc::ByteBuffer* request,
            grpc::ByteBuffer* response);

  // On gRPC's thread.
  grpc::Status accept();
  void check_request();
  void take_route();
  void enqueue();

  // On the computing thread.
  bool begin_computing();
  void compute();
  grpc::Status run_model();
  void answer();
  void hand_on();
  grpc::ByteBuffer next_request();

  void take_hop_answer(HopAnswer answer);

  bool is_late() const;
  grpc::Status cancelled() const;
  /// Whether the caller is the one to answer: true once.
  bool claim();
  void send(const grpc::Status& status);
  void finish(const grpc::Status& status, const std::string& failed);
  void fail(const grpc::Status& status);
  void add_stages(const std::vector<std::string>& further);

  UnderWay::Place place_;  // first: given back when all else is gone
  InferHost& host_;
  grpc::CallbackServerContext* context_;  // not after claim(), but for whom it was true
  grpc::ByteBuffer* request_;
  grpc::ByteBuffer* response_;
  const Clock::time_point arrival_ = Clock::now();
  const std::chrono::system_clock::time_point deadline_;
  std::shared_ptr<InferCall> self_;  // as long as gRPC knows it

  std::shared_ptr<const ServedModel> model_;
  InferMessage message_;
  std::vector<Tensor> outputs_;
  std::vector<RouteStop> route_;
  StageTiming timing_;
  Clock::time_point queued_;

  std::mutex mutex_;
  bool is_claimed_ = false;
  std::optional<ComputeThread::Ticket> ticket_;
  std::optional<HopCall> hop_;
};

}  // namespace scission::runtime
