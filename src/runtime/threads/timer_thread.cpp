#include "runtime/threads/timer_thread.hpp"

#include <algorithm>
#include <utility>

namespace scission::runtime {
namespace {

constexpr double max_delay_s = 1e6;  // far below the range of the clock's ticks

}  // namespace

TimerThread::~TimerThread() {
  {
    const std::lock_guard lock(mutex_);
    is_expired_ = true;
    is_ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void TimerThread::after(double delay_s, std::function<void()> function) {
  const std::chrono::duration<double> delay(std::clamp(delay_s, 0.0, max_delay_s));
  const auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(delay);
  const std::lock_guard lock(mutex_);
  pending_.emplace(due, std::move(function));
  changed_.notify_all();
}

void TimerThread::expire_all() {
  const std::lock_guard lock(mutex_);
  is_expired_ = true;
  changed_.notify_all();
}

void TimerThread::run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_ || !pending_.empty()) {
    if (pending_.empty()) {
      changed_.wait(lock);
    } else if (!is_due()) {
      const auto due = pending_.begin()->first;
      changed_.wait_until(lock, due);
    } else {
      auto node = pending_.extract(pending_.begin());
      lock.unlock();
      node.mapped()();
      node = {};  // release its captures without the lock
      lock.lock();
    }
  }
}

bool TimerThread::is_due() const { return is_expired_ || pending_.begin()->first <= Clock::now(); }

}  // namespace scission::runtime
