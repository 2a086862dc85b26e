// One thread for each system.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace scission::runtime {

/// Runs numbered jobs, those of one system one after the other, and keeps what they throw.
class SystemThreads {
 public:
  explicit SystemThreads(std::size_t jobs) : failures_(jobs) {}
  ~SystemThreads() { join(); }
  SystemThreads(const SystemThreads&) = delete;
  SystemThreads& operator=(const SystemThreads&) = delete;

  /// Calls `job` with each of the numbers, in order, on a thread of the system's. Once a system.
  void run(const std::string& system, std::vector<std::size_t> numbers,
           std::function<void(std::size_t)> job);

  /// Until all are done. Throws the failure of the lowest number.
  void wait();

 private:
  void join();

  std::vector<std::exception_ptr> failures_;
  std::map<std::string, std::thread> threads_;
};

}  // namespace scission::runtime
