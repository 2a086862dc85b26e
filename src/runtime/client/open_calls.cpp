#include "runtime/client/open_calls.hpp"

#include <grpcpp/alarm.h>

#include <utility>

namespace scission::runtime {
namespace {

/// Whose `done` this thread is running.
thread_local const OpenCalls* running = nullptr;

}  // namespace

void OpenCalls::start(std::unique_ptr<HopCall> call, const grpc::ByteBuffer& request,
                      std::chrono::system_clock::time_point deadline,
                      std::function<void(HopAnswer)> done) {
  HopCall& started = *call;
  const auto place = enter(std::move(call));
  started.start(request, deadline,
                [self = shared_from_this(), place, done = std::move(done)](HopAnswer answer) {
                  self->run([&] { done(std::move(answer)); });
                  self->leave(place);
                });
}

void OpenCalls::run_later(std::function<void()> done) {
  const auto place = enter(nullptr);
  auto* const alarm = new grpc::Alarm;
  alarm->Set(std::chrono::system_clock::now(),
             [self = shared_from_this(), place, alarm, done = std::move(done)](bool) {
               self->run(done);
               delete alarm;
               self->leave(place);
             });
}

void OpenCalls::end() {
  std::unique_lock lock(mutex_);
  for (const auto& call : calls_) {
    if (call) call->cancel();
  }
  const std::size_t own = running == this ? 1 : 0;
  left_.wait(lock, [&] { return calls_.size() <= own; });
}

OpenCalls::Calls::iterator OpenCalls::enter(std::unique_ptr<HopCall> call) {
  const std::lock_guard lock(mutex_);
  return calls_.insert(calls_.end(), std::move(call));
}

void OpenCalls::leave(Calls::iterator place) {
  std::unique_lock lock(mutex_);
  std::unique_ptr<HopCall> ended = std::move(*place);
  lock.unlock();
  // Before who waits may go on: the call refers to the client's channel.
  ended.reset();
  lock.lock();
  calls_.erase(place);
  left_.notify_all();
}

// noexcept: an exception here has nobody to catch it, and the call would never end.
void OpenCalls::run(const std::function<void()>& done) noexcept {
  const OpenCalls* const outer = std::exchange(running, this);
  done();
  running = outer;
}

}  // namespace scission::runtime
