#include "runtime/wire/calls_in_flight.hpp"

#include <grpcpp/alarm.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <utility>

namespace scission::runtime {
namespace {

constexpr const char* live_method = "/inference.GRPCInferenceService/ServerLive";

/// The owner of the `done` that this thread is running.
thread_local const CallsInFlight* running = nullptr;

}  // namespace

std::chrono::system_clock::time_point deadline_in(double seconds) {
  constexpr double years = 1e8;
  const std::chrono::duration<double> wait(seconds > 0 ? std::min(seconds, years) : 0.0);
  using Clock = std::chrono::system_clock;
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(wait);
}

std::function<void()> CallsInFlight::start(std::unique_ptr<RawCall> call,
                                           const grpc::ByteBuffer& request,
                                           std::chrono::system_clock::time_point deadline,
                                           std::function<void(RawAnswer)> done) {
  RawCall& started = *call;
  const Number number = add(std::move(call));
  started.start(request, deadline,
                [self = shared_from_this(), number, done = std::move(done)](RawAnswer answer) {
                  self->run([&] { done(std::move(answer)); });
                  self->remove(number);
                });
  return [calls = weak_from_this(), number] {
    if (const auto self = calls.lock()) self->cancel(number);
  };
}

void CallsInFlight::run_later(std::function<void()> done) {
  const Number number = add(nullptr);
  auto* const alarm = new grpc::Alarm;
  alarm->Set(std::chrono::system_clock::now(),
             [self = shared_from_this(), number, alarm, done = std::move(done)](bool) {
               self->run(done);
               delete alarm;
               self->remove(number);
             });
}

void CallsInFlight::cancel_all() {
  std::unique_lock lock(mutex_);
  for (const auto& [number, call] : calls_) {
    if (call) call->cancel();
  }
  const std::size_t own = running == this ? 1 : 0;
  removed_.wait(lock, [&] { return calls_.size() <= own; });
}

CallsInFlight::Number CallsInFlight::add(std::unique_ptr<RawCall> call) {
  const std::lock_guard lock(mutex_);
  calls_.emplace(++last_number_, std::move(call));
  return last_number_;
}

void CallsInFlight::cancel(Number number) {
  const std::lock_guard lock(mutex_);
  const auto call = calls_.find(number);
  if (call != calls_.end() && call->second) call->second->cancel();
}

void CallsInFlight::remove(Number number) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<RawCall> ended = std::move(calls_.at(number));
  lock.unlock();
  // Before cancel_all() may return: the call refers to its owner's channel.
  ended.reset();
  lock.lock();
  calls_.erase(number);
  removed_.notify_all();
}

// noexcept: nothing could catch an exception here, and the call would never end.
void CallsInFlight::run(const std::function<void()>& done) noexcept {
  const CallsInFlight* const outer = std::exchange(running, this);
  done();
  running = outer;
}

HealthConnection::HealthConnection(std::string address, ClientIdentity identity)
    : address_(std::move(address)), identity_(std::move(identity)) {}

void HealthConnection::check(CallsInFlight& calls, double deadline_s,
                             std::function<void(bool)> done) {
  calls.start(std::make_unique<RawCall>(channel(), live_method), grpc::ByteBuffer(nullptr, 0),
              deadline_in(deadline_s),
              [self = shared_from_this(), done = std::move(done)](const RawAnswer& answer) {
                const bool is_silent =
                    answer.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
                if (is_silent) self->drop_channel();
                done(!is_silent);
              });
}

std::shared_ptr<grpc::Channel> HealthConnection::channel() {
  const std::lock_guard lock(mutex_);
  if (!channel_) channel_ = make_channel_as(address_, identity_);
  return channel_;
}

// The next check makes a new connection: one that has lost packets is silent for a while after the
// network is back.
void HealthConnection::drop_channel() {
  const std::lock_guard lock(mutex_);
  channel_ = nullptr;
}

}  // namespace scission::runtime
