// The plans that are deployed.
#pragma once

#include <vector>

#include "runtime/adaptive/traffic.hpp"

namespace scission::runtime {

/// Deployed plans, the running one first, then those used last. For one thread at a time.
class Lanes {
 public:
  /// Null where there is none.
  SharedLane running() const { return lanes_.empty() ? nullptr : lanes_.front(); }
  bool is_empty() const { return lanes_.empty(); }
  int count() const { return static_cast<int>(lanes_.size()); }

  /// Null where the plan is not deployed.
  SharedLane find(const Plan& plan) const;

  /// One beside the running plan that has a stage on that system; null without one.
  SharedLane spare_on(int system) const;

  /// As the first one beside the running plan, or as the running one where there is none.
  void keep(const SharedLane& lane);
  /// That one runs from now on.
  void run(const SharedLane& lane);

  /// Takes out what was used longest ago until no more than `most` are left; only with `all` the
  /// running one, too.
  std::vector<SharedLane> shrink_to(int most, bool all);
  /// Takes out what needs the system, but for the running one.
  std::vector<SharedLane> take_those_on(int system);
  /// Takes out one beside the running plan; null where there is none of that plan.
  SharedLane take_spare(const Plan& plan);

 private:
  std::vector<SharedLane> lanes_;
};

/// Whether a stage of the plan is on that system.
bool uses(const Plan& plan, int system);

}  // namespace scission::runtime
