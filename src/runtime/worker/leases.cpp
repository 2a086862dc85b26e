#include "runtime/worker/leases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_leases = 1024;
constexpr double longest_s = 3600;

void validate_id(const std::string& lease) {
  const bool is_valid = !lease.empty() && lease.size() <= max_lease_bytes &&
                        std::all_of(lease.begin(), lease.end(), [](unsigned char c) {
                          return std::isalnum(c) != 0 || c == '-';
                        });
  if (is_valid) return;
  throw_invalid_argument(fmt::format("must be 1 to {} letters, digits and '-'", max_lease_bytes),
                         "lease");
}

}  // namespace

Leases::Leases(std::function<void(const std::string&)> on_end)
    : on_end_(std::move(on_end)), thread_([this] { watch(); }) {}

Leases::~Leases() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Leases::renew(const std::string& lease, double seconds) {
  validate_id(lease);
  if (!(seconds >= 0 && seconds <= longest_s)) {
    throw_invalid_argument(fmt::format("must be 0 to {} s", longest_s), "lease");
  }
  std::unique_lock lock(mutex_);
  if (seconds == 0) {
    if (ends_.count(lease) > 0) end(lease, lock);
  } else if (ending_.count(lease) > 0) {
    throw Error(ErrorCode::infeasible, "is ending here; try again later", "lease " + lease);
  } else if (ends_.count(lease) == 0 && ends_.size() >= max_leases) {
    throw Error(ErrorCode::infeasible, fmt::format("the limit of {} is reached", max_leases),
                "leases");
  } else {
    ends_[lease] = Clock::now() + clock_duration(seconds);
  }
  changed_.notify_all();
}

bool Leases::is_held(const std::string& lease) const {
  const std::lock_guard lock(mutex_);
  return lease.empty() || ends_.count(lease) > 0;
}

bool Leases::holds_other_than(const std::string& lease) const {
  const std::lock_guard lock(mutex_);
  return ends_.size() > ends_.count(lease);
}

double Leases::left_s(const std::string& lease) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(lease);
  if (found == ends_.end()) return 0;
  return std::max(0.0, std::chrono::duration<double>(found->second - Clock::now()).count());
}

void Leases::require_held(const std::string& lease) const {
  if (is_held(lease)) return;
  throw Error(ErrorCode::infeasible, "has ended here; deploy the plan again", "lease " + lease);
}

void Leases::watch() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (end_next(lock)) continue;
    const auto first =
        std::min_element(ends_.begin(), ends_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (first == ends_.end()) {
      changed_.wait(lock);
    } else {
      const Clock::time_point end = first->second;  // the entry may go while this waits
      changed_.wait_until(lock, end);
    }
  }
}

// Whether one had ended; unlocks for the call.
bool Leases::end_next(std::unique_lock<std::mutex>& lock) {
  const auto now = Clock::now();
  const auto ended = std::find_if(ends_.begin(), ends_.end(),
                                  [&](const auto& lease) { return lease.second <= now; });
  if (ended == ends_.end()) return false;
  end(std::string(ended->first), lock);
  return true;
}

// Unlocks for the call.
void Leases::end(const std::string& lease, std::unique_lock<std::mutex>& lock) {
  ends_.erase(lease);
  ending_.insert(lease);
  lock.unlock();
  on_end_(lease);
  lock.lock();
  ending_.erase(lease);
}

}  // namespace scission::runtime
