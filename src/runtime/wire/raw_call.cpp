#include "runtime/wire/raw_call.hpp"

#include <utility>

#include "base/seconds.hpp"
#include "runtime/wire/message_fields.hpp"

namespace scission::runtime {

RawCall::RawCall(const std::shared_ptr<grpc::Channel>& channel, const char* method)
    : stub_(channel), method_(method) {}

void RawCall::start(const grpc::ByteBuffer& request, std::chrono::system_clock::time_point deadline,
                    std::function<void(RawAnswer)> done) {
  request_ = request;
  context_.set_deadline(deadline);
  started_ = std::chrono::steady_clock::now();
  is_started_.store(true, std::memory_order_release);
  stub_.UnaryCall(
      &context_, method_, {}, &request_, &response_,
      [this, done = std::move(done)](const grpc::Status& status) { done(take_answer(status)); });
}

RawAnswer RawCall::take_answer(const grpc::Status& status) {
  (void)is_started_.load(std::memory_order_acquire);
  RawAnswer answer;
  answer.seconds = seconds_since(started_);
  answer.status = status;
  answer.message.Swap(&response_);
  for (const auto& [key, value] : context_.GetServerTrailingMetadata()) {
    if (key == stage_metadata) answer.stages.emplace_back(value.data(), value.size());
    if (key == failed_metadata) answer.failed.assign(value.data(), value.size());
  }
  return answer;
}

}  // namespace scission::runtime
