#include "runtime/threads/system_threads.hpp"

#include <utility>

namespace scission::runtime {

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

}  // namespace scission::runtime
