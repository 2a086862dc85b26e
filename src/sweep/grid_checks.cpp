// What a grid must be like before anything is computed from it.
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string>

#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_grid.hpp"

namespace scission {
namespace {

class GridCheck {
 public:
  GridCheck(const AdaptiveGrid& grid, const std::string& place) : grid_(grid), place_(place) {}

  void run() const {
    if (grid_.plans.empty()) fail("holds no plan");
    if (grid_.conditions.empty()) fail("holds no condition");
    check_factors();
    check_plans();
    std::set<std::vector<int>> seen;
    for (std::size_t i = 0; i < grid_.conditions.size(); ++i) {
      check_condition(i);
      if (!seen.insert(grid_.conditions[i].levels).second) {
        fail(fmt::format("condition {} is there twice", code(i)));
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::invalid_argument, fault, place_);
  }

  std::string code(std::size_t condition) const {
    return condition_code(grid_, grid_.conditions[condition].levels);
  }

  void check_factors() const {
    std::set<std::string> names;
    for (const Factor& factor : grid_.factors) {
      if (factor.name.empty()) fail("a factor has no name");
      if (!names.insert(factor.name).second) fail("factor '" + factor.name + "' is there twice");
      if (factor.levels.empty()) fail("factor '" + factor.name + "' has no levels");
      const std::set<std::string> levels(factor.levels.begin(), factor.levels.end());
      if (levels.size() != factor.levels.size()) {
        fail("factor '" + factor.name + "' has a level twice");
      }
    }
  }

  void check_plans() const {
    std::set<std::string> labels;
    for (const GridPlan& plan : grid_.plans) {
      if (plan.label.empty()) fail("a plan has no label");
      if (!labels.insert(plan.label).second) fail("plan '" + plan.label + "' is there twice");
    }
  }

  void check_condition(std::size_t index) const {
    const Condition& condition = grid_.conditions[index];
    if (condition.levels.size() != grid_.factors.size()) {
      fail(fmt::format("condition {} has {} levels for {} factors", index, condition.levels.size(),
                       grid_.factors.size()));
    }
    for (std::size_t i = 0; i < condition.levels.size(); ++i) {
      const int count = static_cast<int>(grid_.factors[i].levels.size());
      if (condition.levels[i] >= 0 && condition.levels[i] < count) continue;
      fail(fmt::format("condition {}: factor '{}' has no level {}", index, grid_.factors[i].name,
                       condition.levels[i]));
    }
    if (condition.times.size() != grid_.plans.size()) {
      fail(fmt::format("condition {} has {} times for {} plans", code(index),
                       condition.times.size(), grid_.plans.size()));
    }
    for (std::size_t plan = 0; plan < grid_.plans.size(); ++plan) {
      check_time(condition.times[plan],
                 fmt::format("condition {}, plan '{}'", code(index), grid_.plans[plan].label));
    }
  }

  void check_time(const PlanTime& time, const std::string& where) const {
    if (!std::isfinite(time.seconds) || time.seconds < 0) fail(where + ": is no time in seconds");
    if (time.has_interval() && time.interval.low <= 0) fail(where + ": its interval holds 0");
    const std::size_t parts = time.system_seconds.size();
    if (parts != 0 && parts != grid_.systems.size()) {
      fail(fmt::format("{}: has {} systems' times for {} systems", where, parts,
                       grid_.systems.size()));
    }
  }

  const AdaptiveGrid& grid_;
  const std::string& place_;
};

}  // namespace

void check_grid(const AdaptiveGrid& grid, const std::string& place) {
  GridCheck(grid, place).run();
}

}  // namespace scission
