// Generic calls: ModelInfer and some of Triton's are answered, all others refused.
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/wire/channel.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/worker/services.hpp"
#include "runtime/worker/triton_calls.hpp"

namespace scission::runtime {
namespace {

/// What to do instead of Triton's further calls, by a part of the method's name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> substitutes{{
    {"SharedMemory", "send and take the tensors' bytes"},
    {"StreamInfer", "send each request by ModelInfer"},
    {"Repository", "scission.v1.Control deploys and drops models"},
}};

grpc::Status unimplemented(const std::string& method) {
  std::string message = fmt::format("a Scission worker does not offer {}", method);
  for (const auto& [part, substitute] : substitutes) {
    if (method.find(part) == std::string::npos) continue;
    message += fmt::format("; {}", substitute);
    break;
  }
  return make_status(grpc::StatusCode::UNIMPLEMENTED, message);
}

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class TritonCall final : public grpc::ServerGenericBidiReactor {
 public:
  TritonCall(const WorkerContext& worker, TritonAnswer answer) : worker_(worker), answer_(answer) {
    StartRead(&request_);
  }

  void OnReadDone(bool is_read) override {
    if (!is_read) return Finish(make_status(grpc::StatusCode::INVALID_ARGUMENT, "has no request"));
    const grpc::Status status = guarded([&] {
      response_ = answer_(worker_, request_);
      return grpc::Status::OK;
    });
    if (!status.ok()) return Finish(status);
    StartWriteAndFinish(&response_, {}, grpc::Status::OK);
  }

  void OnDone() override { delete this; }

 private:
  const WorkerContext& worker_;
  const TritonAnswer answer_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

class UnknownCalls final : public grpc::CallbackGenericService {
 public:
  explicit UnknownCalls(WorkerContext& worker) : worker_(worker) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (context->method() == infer_method) return begin_inference(worker_, context);
    const TritonAnswer answer = find_triton_answer(context->method());
    if (answer == nullptr) return new Refusal(unimplemented(context->method()));
    Caller caller;
    const grpc::Status status = authenticate(worker_, *context, caller);
    if (!status.ok()) return new Refusal(status);
    return new TritonCall(worker_, answer);
  }

 private:
  WorkerContext& worker_;
};

}  // namespace

std::unique_ptr<grpc::CallbackGenericService> make_unknown_service(WorkerContext& worker) {
  return std::make_unique<UnknownCalls>(worker);
}

}  // namespace scission::runtime
