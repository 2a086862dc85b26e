#include "runtime/threads/compute_thread.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace scission::runtime {

ComputeThread::ComputeThread(std::function<void()> at_start)
    : thread_([this, first = std::move(at_start)] { work(first); }) {}

ComputeThread::~ComputeThread() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ComputeThread::wait_until_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_ready_; });
  if (start_failure_) std::rethrow_exception(start_failure_);
}

ComputeThread::Ticket ComputeThread::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({++last_ticket_, std::move(job)});
  changed_.notify_all();
  return last_ticket_;
}

bool ComputeThread::withdraw(Ticket ticket) {
  Job taken;  // outlives the lock: its destructor may be long, or come back here
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const Job& job) { return job.ticket == ticket; });
  if (found == jobs_.end()) return false;
  taken = std::move(*found);
  jobs_.erase(found);
  return true;
}

void ComputeThread::start(const std::function<void()>& at_start) {
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

void ComputeThread::work(const std::function<void()>& at_start) {
  start(at_start);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.run();
    job.run = nullptr;  // what it holds goes before the next one begins
    lock.lock();
  }
}

}  // namespace scission::runtime
