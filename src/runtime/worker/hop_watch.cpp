#include "runtime/worker/hop_watch.hpp"

#include "base/seconds.hpp"
#include "scission/base.hpp"

namespace scission::runtime {

std::unique_ptr<HopWatch::Watch> HopWatch::watch(Hop hop, std::function<void()> on_silent) {
  const std::lock_guard lock(mutex_);
  auto found = watched_.find(hop);
  if (found == watched_.end()) {
    found = watched_.try_emplace(hop, StallWatch({check_of(hop)}, hop.stall_s)).first;
    step_later(hop);
  }
  const std::uint64_t number = ++last_number_;
  auto watch = std::make_unique<Watch>(*this, std::move(hop), number);
  found->second.requests.emplace(number, std::move(on_silent));
  return watch;
}

HealthCheck HopWatch::check_of(const Hop& hop) {
  return {hop.system, [this, hop](double deadline_s, std::function<void(bool)> done) {
            try {
              peers_.check_health(hop.system, hop.lease, deadline_s, std::move(done));
            } catch (const Error&) {
              // Its address is not known any more: the lease has ended, and its requests with it.
            }
          }};
}

void HopWatch::remove(const Hop& hop, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(hop);
  if (found != watched_.end()) found->second.requests.erase(number);
}

void HopWatch::step_later(const Hop& hop) {
  timer_.after(StallWatch({}, hop.stall_s).tick_s(),
               [this, hop, last = Clock::now()] { step(hop, last); });
}

void HopWatch::step(const Hop& hop, Clock::time_point last) {
  Watched* watched = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(hop);
    if (found->second.requests.empty()) {
      watched_.erase(found);
      return;
    }
    watched = &found->second;
  }
  std::map<std::uint64_t, std::function<void()>> silent;
  if (!watched->checks.step(seconds_since(last)).empty()) {
    peers_.reconnect(hop.system, hop.lease);
    const std::lock_guard lock(mutex_);
    silent.swap(watched->requests);
  }
  for (const auto& [number, on_silent] : silent) on_silent();
  step_later(hop);
}

}  // namespace scission::runtime
