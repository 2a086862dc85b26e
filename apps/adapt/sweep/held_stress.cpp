#include "adapt/sweep/held_stress.hpp"

#include <exception>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::sweep {
namespace {

template <typename Held>
void stop_all(std::map<std::string, std::unique_ptr<Held>>& held, std::exception_ptr& failure) {
  for (auto& [system, stress] : std::exchange(held, {})) {
    try {
      stress->stop();
    } catch (const Error&) {
      if (!failure) failure = std::current_exception();
    }
  }
}

template <typename Held>
void check_all(const std::map<std::string, std::unique_ptr<Held>>& held) {
  for (const auto& [system, stress] : held) {
    if (!stress->is_on()) throw Error(ErrorCode::io, "the stress has ended of itself", system);
  }
}

}  // namespace

void HeldStress::set(const std::map<std::string, StressLevel>& levels) {
  constexpr double longest_start_s = 300;  // taking hundreds of gigabytes takes its time
  stop();
  for (const auto& [system, level] : levels) {
    const auto worker = workers_.find(system);
    if (worker == workers_.end()) {
      if (level.is_any()) here_[system] = std::make_unique<Stress>(level);
    } else {
      there_[system] =
          std::make_unique<runtime::RemoteStress>(*worker->second, level, longest_start_s);
    }
  }
}

void HeldStress::stop() {
  std::exception_ptr failure;
  stop_all(there_, failure);
  stop_all(here_, failure);
  if (failure) std::rethrow_exception(failure);
}

void HeldStress::check() const {
  check_all(here_);
  check_all(there_);
}

}  // namespace scission::sweep
