#include "runtime/pipeline/plan_choice.hpp"

#include <algorithm>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {

PlanChoice::PlanChoice(std::vector<std::set<std::string>> plans) : plans_(std::move(plans)) {
  if (plans_.empty())
    throw Error(ErrorCode::invalid_argument, "failover needs at least one pipeline");
}

bool PlanChoice::lose(const std::string& system, std::uint64_t epoch) {
  const auto restored = restored_at_.find(system);
  if (restored != restored_at_.end() && epoch < restored->second) return false;
  const auto before = active_;
  lost_.insert(system);
  choose();
  return active_ != before;
}

void PlanChoice::restore(const std::string& system) {
  restored_at_[system] = ++epoch_;
  lost_.erase(system);
  choose();
}

void PlanChoice::choose() {
  const auto needs_lost = [&](const std::set<std::string>& needed) {
    return std::any_of(lost_.begin(), lost_.end(),
                       [&](const std::string& system) { return needed.count(system) > 0; });
  };
  const auto found = std::find_if_not(plans_.begin(), plans_.end(), needs_lost);
  active_.reset();
  if (found != plans_.end()) active_ = static_cast<std::size_t>(found - plans_.begin());
}

}  // namespace scission::runtime
