#include "runtime/infer_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control.pb.h"
#include "runtime/stage_io.hpp"
#include "runtime/status.hpp"
#include "scission/error.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_version(const InferMessage& message) {
  if (message.version.empty() || message.version == model_version) return;
  throw Error(ErrorCode::not_found,
              fmt::format("has no version '{}', only {}", message.version, model_version),
              "model " + message.model);
}

std::string as_text(const StageTiming& timing) {
  v1::StageTiming stage;
  stage.set_system(timing.system);
  stage.set_deserialise_s(timing.deserialise_s);
  stage.set_queue_s(timing.queue_s);
  stage.set_compute_s(timing.compute_s);
  stage.set_serialise_s(timing.serialise_s);
  stage.set_next_s(timing.next_s);
  stage.set_total_s(timing.total_s);
  stage.set_received_bytes(static_cast<std::int64_t>(timing.received_bytes));
  return stage.SerializeAsString();
}

/// The next stage has a little less time, so that this one can still tell that it was the next.
std::chrono::system_clock::time_point next_deadline(
    std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return deadline;
  constexpr auto most = std::chrono::system_clock::duration(std::chrono::milliseconds(20));
  const auto left = deadline - std::chrono::system_clock::now();
  return deadline - std::clamp(left / 20, std::chrono::system_clock::duration::zero(), most);
}

/// What the next stage's failure is to the caller. It ends calls as CANCELLED when it goes down.
grpc::Status handed_on(const grpc::Status& status, const std::string& system) {
  const bool went_down = status.error_code() == grpc::StatusCode::CANCELLED;
  return make_status(went_down ? grpc::StatusCode::UNAVAILABLE : status.error_code(),
                     fmt::format("system {}: {}", system, status.error_message()));
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
  const grpc::Status status = host_.under_way.enter(shared_from_this(), place_);
  if (!status.ok()) return status;
  message_ = decode_request(*request_, host_.limits);
  request_->Clear();  // else both the message and its tensors were kept
  check_request();
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

bool InferCall::begin_computing() {
  const std::lock_guard lock(mutex_);
  ticket_.reset();
  timing_.queue_s = seconds_since(queued_);
  return !is_claimed_;
}

void InferCall::compute() {
  if (!begin_computing()) return;
  if (is_late()) return fail(cancelled());
  const grpc::Status status = run_model();
  if (!status.ok()) return fail(status);
  if (route_.empty()) {
    answer();
  } else {
    hand_on();
  }
}

grpc::Status InferCall::run_model() {
  const Clock::time_point start = Clock::now();
  const auto failed = [&](const std::exception& error) {
    return internal_status(fmt::format("model {} failed: {}", message_.model, error.what()));
  };
  try {
    outputs_ = model_->stage->run(std::move(message_.tensors));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::mismatch) return status_of(error);
    return failed(error);
  } catch (const std::exception& error) {
    return failed(error);
  }
  timing_.compute_s = seconds_since(start);
  return grpc::Status::OK;
}

void InferCall::answer() {
  const Clock::time_point start = Clock::now();
  InferMessage message;
  message.model = message_.model;
  message.version = model_version;
  message.id = message_.id;
  message.tensors = select_outputs(std::move(outputs_), message_.wanted_outputs);
  grpc::ByteBuffer bytes = encode_response(message);
  timing_.serialise_s = seconds_since(start);
  if (!claim()) return;
  response_->Swap(&bytes);
  add_stages({});
  Finish(grpc::Status::OK);
}

grpc::ByteBuffer InferCall::next_request() {
  InferMessage message;
  message.model = route_.front().model;
  message.id = message_.id;
  message.parameters = std::move(message_.parameters);
  if (route_.size() > 1) {
    message.parameters[route_parameter] = encode_route({route_.begin() + 1, route_.end()});
  }
  message.tensors = std::move(outputs_);
  message.wanted_outputs = std::move(message_.wanted_outputs);
  return encode_request(message);
}

void InferCall::hand_on() {
  const Clock::time_point start = Clock::now();
  grpc::ByteBuffer request = next_request();
  timing_.serialise_s = seconds_since(start);
  const auto channel = host_.peers.channel(route_.front().system);
  {
    const std::lock_guard lock(mutex_);
    if (is_claimed_) return;
    hop_.emplace(channel, infer_method);
  }
  hop_->start(
      std::move(request), next_deadline(deadline_),
      [call = shared_from_this()](HopAnswer next) { call->take_hop_answer(std::move(next)); });
}

void InferCall::take_hop_answer(HopAnswer next) {
  const std::string& system = route_.front().system;
  if (!next.status.ok()) {
    return next.failed.empty() ? finish(handed_on(next.status, system), system)
                               : finish(next.status, next.failed);
  }
  timing_.next_s = next.seconds;
  if (!claim()) return;
  response_->Swap(&next.message);
  add_stages(next.stages);
  Finish(grpc::Status::OK);
}

void InferCall::add_stages(const std::vector<std::string>& further) {
  timing_.total_s = seconds_since(arrival_);
  context_->AddTrailingMetadata(stage_metadata, as_text(timing_));
  for (const std::string& stage : further) context_->AddTrailingMetadata(stage_metadata, stage);
}

bool InferCall::is_late() const { return std::chrono::system_clock::now() >= deadline_; }

grpc::Status InferCall::cancelled() const {
  if (is_late()) return {grpc::StatusCode::DEADLINE_EXCEEDED, "too late"};
  return grpc::Status::CANCELLED;
}

bool InferCall::claim() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(is_claimed_, true);
}

void InferCall::finish(const grpc::Status& status, const std::string& failed) {
  if (!claim()) return;
  context_->AddTrailingMetadata(failed_metadata, failed);
  Finish(status);
}

void InferCall::fail(const grpc::Status& status) { finish(status, host_.name); }

void InferCall::end(const grpc::Status& status) {
  std::optional<ComputeThread::Ticket> ticket;
  HopCall* hop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (is_claimed_) return;
    ticket = ticket_;
    if (hop_) hop = &*hop_;
  }
  if (ticket) host_.compute.withdraw(*ticket);
  if (hop != nullptr) hop->cancel();
  fail(status);
}

void InferCall::OnCancel() { end(cancelled()); }

void InferCall::OnDone() { self_.reset(); }

}  // namespace scission::runtime
