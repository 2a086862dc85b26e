// Whether a run is to go on, asked by several threads.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <utility>

namespace scission::runtime {

/// Passes the question on, one call at a time, and not again after the first no or exception.
/// Thread-safe.
class Continuation {
 public:
  /// Empty: yes.
  explicit Continuation(std::function<bool()> should_continue)
      : should_continue_(std::move(should_continue)) {}

  /// Throws what the function has thrown, each time.
  bool is_wanted() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    try {
      is_wanted_ = is_wanted_ && (!should_continue_ || should_continue_());
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
    return is_wanted_;
  }

  /// Likewise, but an exception means no: for threads that could not pass it on.
  bool is_wanted_quietly() noexcept {
    try {
      return is_wanted();
    } catch (...) {
      return false;
    }
  }

 private:
  const std::function<bool()> should_continue_;
  std::mutex mutex_;
  bool is_wanted_ = true;
  std::exception_ptr failure_;
};

}  // namespace scission::runtime
