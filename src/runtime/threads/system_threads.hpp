// Concurrent jobs, one thread for each system.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace scission::runtime {

/// Runs numbered jobs, those of one system one after the other, and keeps their exceptions.
class SystemThreads {
 public:
  explicit SystemThreads(std::size_t jobs) : failures_(jobs) {}
  ~SystemThreads() { join(); }
  SystemThreads(const SystemThreads&) = delete;
  SystemThreads& operator=(const SystemThreads&) = delete;

  /// Calls `job` with each of the numbers, in order, on the system's thread. At most once for each
  /// system.
  void run(const std::string& system, std::vector<std::size_t> numbers,
           std::function<void(std::size_t)> job);

  /// Returns when all jobs are done. Rethrows the exception of the lowest number.
  void wait();

 private:
  void join();

  std::vector<std::exception_ptr> failures_;
  std::map<std::string, std::thread> threads_;
};

}  // namespace scission::runtime
