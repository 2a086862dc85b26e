// A run's lease on workers: taken, renewed, ended.
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "runtime/client/deadlines.hpp"
#include "scission/base.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {
namespace {

constexpr double lease_s = 30;
constexpr auto renewal_pause = std::chrono::seconds(8);  // three failures in a row are survived
constexpr double renewal_s = 2;                          // of one call

std::string random_id() {
  std::random_device random;
  const auto half = [&] { return (std::uint64_t{random()} << 32U) | random(); };
  return fmt::format("{:016x}", half());
}

}  // namespace

class Lease::Impl {
 public:
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (const auto& worker : workers_) {
      try_call([&] { worker.second->end_lease(renewal_s); });
    }
  }

  const std::string& id() const { return id_; }

  void hold(Clients workers) {
    for (const auto& [system, worker] : workers)
      worker->renew_lease(lease_s, short_call_deadline_s);
    workers_ = std::move(workers);
    thread_ = std::thread([this] { keep_renewing(); });
  }

 private:
  void keep_renewing() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, renewal_pause, [this] { return is_ending_; })) {
      lock.unlock();
      for (const auto& worker : workers_) {
        try_call([&] { worker.second->renew_lease(lease_s, renewal_s); });
      }
      lock.lock();
    }
  }

  // Requests to a worker that is unreachable fail, and that is reported; this failure is not.
  template <typename Call>
  static void try_call(Call call) {
    try {
      call();
    } catch (const Error&) {
    }
  }

  const std::string id_ = random_id();
  Clients workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::thread thread_;
};

Lease::Lease() : impl_(std::make_unique<Impl>()) {}

Lease::~Lease() = default;

const std::string& Lease::id() const { return impl_->id(); }

void Lease::hold(Clients workers) { impl_->hold(std::move(workers)); }

}  // namespace scission::runtime
