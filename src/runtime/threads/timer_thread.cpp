#include "runtime/threads/timer_thread.hpp"

#include <algorithm>
#include <utility>

namespace scission::runtime {
namespace {

constexpr double longest_delay_s = 1e6;  // what a clock's ticks hold with ease

}  // namespace

TimerThread::~TimerThread() {
  {
    const std::lock_guard lock(mutex_);
    hurries_ = true;
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void TimerThread::after(double delay_s, std::function<void()> what) {
  const std::chrono::duration<double> delay(std::clamp(delay_s, 0.0, longest_delay_s));
  const auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(delay);
  const std::lock_guard lock(mutex_);
  waiting_.emplace(due, std::move(what));
  changed_.notify_all();
}

void TimerThread::hurry() {
  const std::lock_guard lock(mutex_);
  hurries_ = true;
  changed_.notify_all();
}

void TimerThread::run() {
  std::unique_lock lock(mutex_);
  while (!ends_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
    } else if (!is_due()) {
      const auto due = waiting_.begin()->first;
      changed_.wait_until(lock, due);
    } else {
      auto node = waiting_.extract(waiting_.begin());
      lock.unlock();
      node.mapped()();
      node = {};  // what it holds is let go without the lock
      lock.lock();
    }
  }
}

bool TimerThread::is_due() const { return hurries_ || waiting_.begin()->first <= Clock::now(); }

}  // namespace scission::runtime
