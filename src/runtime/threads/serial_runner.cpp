#include "runtime/threads/serial_runner.hpp"

#include <utility>

namespace scission::runtime {

std::shared_ptr<SerialRunner> SerialRunner::shared() {
  static std::mutex mutex;
  static std::weak_ptr<SerialRunner> present;
  const std::lock_guard lock(mutex);
  std::shared_ptr<SerialRunner> runner = present.lock();
  if (!runner) present = runner = std::make_shared<SerialRunner>();
  return runner;
}

SerialRunner::~SerialRunner() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void SerialRunner::post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_all();
}

void SerialRunner::post_first(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front(std::move(job));
  changed_.notify_all();
}

void SerialRunner::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go without the lock
    lock.lock();
  }
}

}  // namespace scission::runtime
