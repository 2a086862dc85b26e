#include "return_watch.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace scission::run {

ReturnWatch::ReturnWatch(runtime::Failover& failover,
                         std::function<bool(const std::string&)> is_back)
    : failover_(failover), is_back_(std::move(is_back)), thread_([this] { watch(); }) {}

ReturnWatch::~ReturnWatch() {
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

void ReturnWatch::watch() {
  constexpr auto between = std::chrono::seconds(1);
  std::unique_lock lock(mutex_);
  while (!ends_.wait_for(lock, between, [this] { return has_ended_; })) {
    lock.unlock();
    for (const std::string& system : failover_.lost()) {
      if (!is_back_(system)) continue;
      failover_.restore(system);
      spdlog::info("{} is back", system);
    }
    lock.lock();
  }
}

}  // namespace scission::run
