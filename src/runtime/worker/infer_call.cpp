#include "runtime/worker/infer_call.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/seconds.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/timing_text.hpp"
#include "runtime/worker/next_hop.hpp"
#include "runtime/worker/stage_io.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
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
  send(grpc::Status::OK);
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
  const grpc::ByteBuffer request = next_request();
  timing_.serialise_s = seconds_since(start);
  const auto channel = host_.peers.channel(route_.front().system);
  {
    const std::lock_guard lock(mutex_);
    if (is_claimed_) return;
    hop_.emplace(channel, infer_method);
  }
  place_.hand_on();
  hop_->start(request, next_deadline(deadline_), [call = shared_from_this()](HopAnswer next) {
    call->take_hop_answer(std::move(next));
  });
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
  send(grpc::Status::OK);
}

void InferCall::add_stages(const std::vector<std::string>& further) {
  timing_.total_s = seconds_since(arrival_);
  context_->AddTrailingMetadata(stage_metadata, timing_text(timing_));
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

// gRPC says late that a call is over, and there is room for another one already.
void InferCall::send(const grpc::Status& status) {
  place_.answer();
  Finish(status);
}

void InferCall::finish(const grpc::Status& status, const std::string& failed) {
  if (!claim()) return;
  context_->AddTrailingMetadata(failed_metadata, failed);
  send(status);
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
