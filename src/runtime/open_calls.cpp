#include "runtime/open_calls.hpp"

#include <grpcpp/alarm.h>

#include <utility>

namespace scission::runtime {
namespace {

/// Whose `done` this thread is running.
thread_local const OpenCalls* running = nullptr;

/// Lives until it has rung.
struct Bell {
  grpc::Alarm alarm;
  std::function<void()> ring;
};

}  // namespace

void OpenCalls::start(const std::shared_ptr<HopCall>& call, grpc::ByteBuffer request,
                      std::chrono::system_clock::time_point deadline,
                      std::function<void(HopAnswer)> done) {
  enter(call);
  call->start(std::move(request), deadline,
              [self = shared_from_this(), call, done = std::move(done)](HopAnswer answer) {
                self->run([&] { done(std::move(answer)); });
                self->leave(call);
              });
}

void OpenCalls::run_later(std::function<void()> done) {
  enter(nullptr);
  auto* const bell = new Bell;
  bell->ring = [self = shared_from_this(), done = std::move(done)] {
    self->run(done);
    self->leave(nullptr);
  };
  bell->alarm.Set(std::chrono::system_clock::now(), [bell](bool) {
    const std::unique_ptr<Bell> rung(bell);
    rung->ring();
  });
}

// noexcept: an exception here has nobody to catch it, and the call would never end.
void OpenCalls::run(const std::function<void()>& done) noexcept {
  const OpenCalls* const outer = std::exchange(running, this);
  done();
  running = outer;
}

void OpenCalls::end() {
  std::unique_lock lock(mutex_);
  for (const auto& call : calls_) {
    if (call) call->cancel();
  }
  const std::size_t own = running == this ? 1 : 0;
  left_.wait(lock, [&] { return calls_.size() <= own; });
}

void OpenCalls::enter(const std::shared_ptr<HopCall>& call) {
  const std::lock_guard lock(mutex_);
  calls_.insert(call);
}

void OpenCalls::leave(const std::shared_ptr<HopCall>& call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(calls_.find(call));
  left_.notify_all();
}

}  // namespace scission::runtime
