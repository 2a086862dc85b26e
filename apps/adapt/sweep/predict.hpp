// A sweep without measuring it: profiles under each stress, and links at each rate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapt/sweep/rig.hpp"
#include "adapt/sweep/routes.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "plan/gather.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile/profile.hpp"
#include "scission/sweep/sweep.hpp"

namespace scission::sweep {

/// What a grid is predicted from. Files that are there are read; what is missing is measured, one
/// benchmark for every system and stress of its, and all links for every combination of rates:
/// sums where a sweep has products.
class Predictor {
 public:
  Predictor(const SweepRequest& request, const apps::ModelSource& source, Rig& rig,
            const apps::Interrupts& interrupts);

  /// Has all that the conditions need. Throws as gathering does, and apps::Interrupted.
  void gather(const std::vector<std::vector<int>>& conditions);

  /// One condition's latencies in seconds, in the order of the plans. Throws Error(mismatch) when
  /// a plan's cut is none of the profiles' or a link is missing.
  std::vector<PlanTime> predict(const std::vector<int>& levels,
                                const std::vector<RoutePlan>& plans) const;

 private:
  const SystemProfile& profile_of(const std::string& system, const StressLevel& stress);
  const Network& network_of(const Setting& setting);
  SystemProfile measured_profile(const std::string& system, const StressLevel& stress);
  Network measured_network(const Setting& setting);
  void check_signals() const;

  const SweepRequest& request_;
  const apps::ModelSource& source_;
  Rig& rig_;
  const apps::Interrupts& interrupts_;
  plan::GatherOptions gathering_;
  double input_bytes_ = 0;
  std::map<std::string, SystemProfile> profiles_;  ///< by file
  std::map<std::string, Network> networks_;
};

/// All conditions.
Sweep predicted_grid(const SweepRequest& request, Predictor& predictor,
                     const std::vector<RoutePlan>& plans, const std::string& model);

/// The plans that are among the `count` fastest of any condition, in the grid's order.
std::vector<RoutePlan> best_of(const Sweep& predicted, const std::vector<RoutePlan>& plans,
                               int count);

}  // namespace scission::sweep
