// Calls of methods that a worker does not have.
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/wire/status.hpp"
#include "runtime/worker/services.hpp"

namespace scission::runtime {
namespace {

/// What to do instead of Triton's further calls, by a part of the method's name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> substitutes{{
    {"SharedMemory", "send and take the tensors' bytes"},
    {"StreamInfer", "send each request by ModelInfer"},
    {"RepositoryIndex", "scission.v1.Control/List names the models"},
    {"Repository", "scission.v1.Control deploys and drops models"},
    {"ModelConfig", "ModelMetadata describes inputs and outputs"},
    {"ModelStatistics", "each answer's trailing metadata has its times"},
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
  explicit Refusal(const std::string& method) { Finish(unimplemented(method)); }
  void OnDone() override { delete this; }
};

class UnknownCalls final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Refusal(context->method());
  }
};

}  // namespace

std::unique_ptr<grpc::CallbackGenericService> make_unknown_service() {
  return std::make_unique<UnknownCalls>();
}

}  // namespace scission::runtime
