#include "runtime/threads/threads.hpp"

#include <algorithm>
#include <utility>

#include "base/seconds.hpp"

namespace scission::runtime {
namespace {

constexpr double max_delay_s = 1e6;  // far below the range of the clock's ticks

}  // namespace

std::shared_ptr<SerialExecutor> SerialExecutor::shared() {
  static std::mutex mutex;
  static std::weak_ptr<SerialExecutor> current;
  const std::lock_guard lock(mutex);
  std::shared_ptr<SerialExecutor> executor = current.lock();
  if (!executor) current = executor = std::make_shared<SerialExecutor>();
  return executor;
}

SerialExecutor::SerialExecutor(std::function<void()> at_start)
    : thread_([this, first = std::move(at_start)] {
        start(first);
        run_jobs();
      }) {}

SerialExecutor::~SerialExecutor() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void SerialExecutor::wait_until_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_ready_; });
  if (start_failure_) std::rethrow_exception(start_failure_);
}

SerialExecutor::Ticket SerialExecutor::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({++last_ticket_, std::move(job)});
  changed_.notify_all();
  return last_ticket_;
}

SerialExecutor::Ticket SerialExecutor::submit_first(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front({++last_ticket_, std::move(job)});
  changed_.notify_all();
  return last_ticket_;
}

bool SerialExecutor::withdraw(Ticket ticket) {
  Job taken;  // destroyed after the lock: its destructor may take long, or call this executor
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const Job& job) { return job.ticket == ticket; });
  if (found == jobs_.end()) return false;
  taken = std::move(*found);
  jobs_.erase(found);
  return true;
}

void SerialExecutor::start(const std::function<void()>& at_start) {
  std::exception_ptr failure;
  try {
    if (at_start) at_start();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  start_failure_ = failure;
  is_ready_ = true;
  changed_.notify_all();
}

void SerialExecutor::run_jobs() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.run();
    job.run = nullptr;  // release its captures without the lock, before the next job
    lock.lock();
  }
}

void SystemThreads::run(const std::string& system, std::vector<std::size_t> numbers,
                        std::function<void(std::size_t)> job) {
  const auto run_all = [this, numbers = std::move(numbers), job = std::move(job)] {
    for (const std::size_t number : numbers) {
      try {
        job(number);
      } catch (...) {
        failures_[number] = std::current_exception();
      }
    }
  };
  threads_.emplace(system, std::thread(run_all));
}

void SystemThreads::wait() {
  join();
  for (const std::exception_ptr& failure : failures_) {
    if (failure) std::rethrow_exception(failure);
  }
}

void SystemThreads::join() {
  for (auto& [system, thread] : threads_) thread.join();
  threads_.clear();
}

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
  const auto due = Clock::now() + clock_duration(std::clamp(delay_s, 0.0, max_delay_s));
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
