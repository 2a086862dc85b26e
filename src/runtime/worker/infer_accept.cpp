// What happens to a request before it waits for its turn.
#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/seconds.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/worker/infer_call.hpp"
#include "runtime/worker/stage_io.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

void check_version(const InferMessage& message) {
  if (message.version.empty() || message.version == model_version) return;
  throw Error(ErrorCode::not_found,
              fmt::format("has no version '{}', only {}", message.version, model_version),
              "model " + message.model);
}

}  // namespace

InferCall::InferCall(InferHost& host, grpc::CallbackServerContext* context,
                     grpc::ByteBuffer* request, grpc::ByteBuffer* response)
    : host_(host),
      context_(context),
      request_(request),
      response_(response),
      deadline_(context->deadline()) {
  timing_.system = host.name;
  timing_.received_bytes = request->Length();
}

grpc::ServerUnaryReactor* InferCall::begin(InferHost& host, grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) {
  // gRPC owns the request, keeps it to the end of the call, and looks at it no more.
  const std::shared_ptr<InferCall> call(
      new InferCall(host, context, const_cast<grpc::ByteBuffer*>(request), response));
  call->self_ = call;
  const grpc::Status status = guarded([&] { return call->accept(); });
  if (!status.ok()) call->fail(status);
  return call.get();
}

grpc::Status InferCall::accept() {
  grpc::Status status = host_.under_way.enter(shared_from_this(), place_);
  if (!status.ok()) return status;
  message_ = decode_request(*request_, host_.limits.message);
  request_->Clear();  // else both the message and its tensors were kept
  check_request();
  if (!route_.empty()) {
    grpc::Status onward = host_.under_way.check_onward();
    if (!onward.ok()) return onward;
  }
  timing_.deserialise_s = seconds_since(arrival_);
  enqueue();
  return grpc::Status::OK;
}

void InferCall::check_request() {
  model_ = host_.models.find(message_.model);
  if (!model_) throw Error(ErrorCode::not_found, "is not here", "model " + message_.model);
  check_version(message_);
  message_.tensors = arrange_inputs(std::move(message_.tensors), model_->segment);
  take_route();
  if (route_.empty()) {
    check_wanted(message_.wanted_outputs, model_->segment);
  } else {
    host_.peers.check_known(route_.front().system);
  }
}

void InferCall::take_route() {
  const auto found = message_.parameters.find(route_parameter);
  if (found == message_.parameters.end()) return;
  const auto* const text = std::get_if<std::string>(&found->second);
  if (text == nullptr) {
    throw Error(ErrorCode::invalid_argument, "is no string",
                fmt::format("parameter {}", route_parameter));
  }
  route_ = decode_route(*text);
  message_.parameters.erase(found);
}

void InferCall::enqueue() {
  const std::lock_guard lock(mutex_);
  queued_ = Clock::now();
  ticket_ = host_.compute.submit([call = shared_from_this()] {
    const grpc::Status status = guarded([&] {
      call->compute();
      return grpc::Status::OK;
    });
    if (!status.ok()) call->fail(status);
  });
}

}  // namespace scission::runtime
