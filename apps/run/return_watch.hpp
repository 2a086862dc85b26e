// Lost systems that come back.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "scission/runtime/pipeline/failover.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::run {

/// Asks once a second, on a thread of its own, whether systems that were lost are back, and has
/// their plans taken up again.
class ReturnWatch {
 public:
  /// `is_back` may take its time. `failover` must outlive this.
  ReturnWatch(runtime::Failover& failover, std::function<bool(const std::string& system)> is_back);
  ~ReturnWatch();
  ReturnWatch(const ReturnWatch&) = delete;
  ReturnWatch& operator=(const ReturnWatch&) = delete;

 private:
  void watch();

  runtime::Failover& failover_;
  std::function<bool(const std::string&)> is_back_;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool has_ended_ = false;
  std::thread thread_;
};

}  // namespace scission::run
