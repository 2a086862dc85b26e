// Calls whose messages are bytes, made and read here.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/client/client_impl.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/padding.hpp"
#include "runtime/wire/route.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

InferMessage message_of(const InferRequest& request) {
  InferMessage message;
  message.model = request.model;
  message.id = request.id;
  message.tensors = request.inputs;
  if (!request.route.empty()) message.parameters[route_parameter] = encode_route(request.route);
  return message;
}

/// A failure that will be one again.
CallFailure refused(std::string message, std::string system) {
  CallFailure failure;
  failure.message = std::move(message);
  failure.system = std::move(system);
  return failure;
}

/// What a stage says of itself, nothing when it is no StageTiming. No time of it can be longer than
/// the call; a worker that claims otherwise is not believed.
void add_stage(const std::string& bytes, double call_s, std::vector<StageTiming>& stages) {
  v1::StageTiming stage;
  if (!stage.ParseFromString(bytes)) return;
  const auto within = [call_s](double seconds) {
    return seconds >= 0 ? std::min(seconds, call_s) : 0;  // a NaN is neither
  };
  stages.push_back({stage.system(), within(stage.deserialise_s()), within(stage.queue_s()),
                    within(stage.compute_s()), within(stage.serialise_s()), within(stage.next_s()),
                    within(stage.total_s()),
                    static_cast<std::size_t>(std::max<std::int64_t>(0, stage.received_bytes()))});
}

/// `answer` comes with what was known when the call began.
InferResult read_answer(const HopAnswer& call, InferAnswer answer, const std::string& address) {
  if (!call.status.ok()) return failure_of(call.status, address, call.failed);
  const Clock::time_point start = Clock::now();
  try {
    answer.outputs = decode_response(call.message, answer_limits()).tensors;
  } catch (const std::exception& error) {
    return refused(address + ": its answer cannot be read: " + error.what(), call.failed);
  }
  answer.deserialise_s = seconds_since(start);
  answer.call_s = call.seconds;
  for (const std::string& stage : call.stages) add_stage(stage, call.seconds, answer.stages);
  return answer;
}

}  // namespace

void Client::infer(const InferRequest& request, double deadline_s,
                   std::function<void(InferResult)> done) const {
  InferAnswer answer;
  grpc::ByteBuffer message;
  const Clock::time_point start = Clock::now();
  try {
    message = encode_request(message_of(request));
  } catch (const Error& error) {
    return impl_->calls->run_later(
        [failure = refused(error.what(), ""), done = std::move(done)] { done(failure); });
  }
  answer.serialise_s = seconds_since(start);
  answer.sent_bytes = message.Length();
  impl_->calls->start(
      std::make_unique<HopCall>(impl_->channel, infer_method), message, deadline_in(deadline_s),
      [answer = std::move(answer), address = impl_->address, done = std::move(done)](
          const HopAnswer& call) { done(read_answer(call, answer, address)); });
}

InferResult Client::infer(const InferRequest& request, double deadline_s) const {
  const auto result = std::make_shared<std::promise<InferResult>>();
  infer(request, deadline_s, [result](InferResult got) { result->set_value(std::move(got)); });
  return result->get_future().get();
}

double Client::probe(std::size_t bytes, double deadline_s) const {
  const auto result = std::make_shared<std::promise<HopAnswer>>();
  impl_->calls->start(std::make_unique<HopCall>(impl_->channel, probe_method),
                      padded_message(v1::ProbeRequest::kPayloadFieldNumber, bytes),
                      deadline_in(deadline_s),
                      [result](HopAnswer answer) { result->set_value(std::move(answer)); });
  const HopAnswer answer = result->get_future().get();
  require_ok(answer.status, impl_->address);
  return answer.seconds;
}

}  // namespace scission::runtime
