// When a running plan should be left for another: watches, estimates, plans again, decides.
//
//     Controller controller(problem, query);
//     deploy(controller.running());
//     for (each request) {
//       controller.observe(HopObservation{…}, now_s);
//       controller.observe(StageObservation{…}, now_s);
//       if (const Decision decision = controller.decide(now_s); decision.is_switch()) {
//         deploy(decision.plan);
//         controller.switched(decision.plan);
//       }
//     }
//
// The method and what it is worth are in docs/controlling.md.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/time_scale.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// When the controller switches, and how it learns; docs/controlling.md says how to choose them.
struct SCISSION_EXPORT ControllerOptions {
  double horizon_s = 60;         ///< a switch has to pay within this time
  double switch_cost_s = 0.001;  ///< delay that one switch causes, in all
  double least_gain = 0.03;      ///< gains below this share of the objective are not gone after
  double confidence = 1.5;       ///< a gain must be so many of its standard deviations
  double hope = 3;               ///< probes are for what so many standard deviations could change
  double breach_s = 3;           ///< a limit of the query must be broken so long to be acted upon
  double probe_after_s = 5;      ///< what was seen less long ago is not probed
  double lost_probe_s = 0.25;    ///< the same for what was lost
  double lost_retry_s = 5;  ///< what was lost counts as back after that; each time in a row twice
                            ///< as long, up to 32 times
  TimeScaleOptions links = {};
  TimeScaleOptions systems = {.spread = 0.4};
};

/// A stage of one request: blocks first to last took so long to compute on a system.
struct SCISSION_EXPORT StageObservation {
  int system = 0;
  int first_block = 0;
  int last_block = 0;
  double seconds = 0;
  bool is_probe = false;  ///< no request's: does not count towards requests_per_s()
};

/// A transfer of one request, or of a probe.
struct SCISSION_EXPORT HopObservation {
  int from = 0;
  int to = 0;
  double bytes = 0;
  double seconds = 0;
};

enum class DecisionReason {
  none,    ///< the running plan stays
  faster,  ///< another one pays
  lost,    ///< the running plan needs what was lost
  limits,  ///< the running plan breaks a limit of the query
  no_plan  ///< the running plan cannot go on, and there is no other: keep, and try
};

/// What decide() makes of what is known.
struct SCISSION_EXPORT Decision {
  DecisionReason reason = DecisionReason::none;
  Plan plan;           ///< what should run from now on
  double running = 0;  ///< the running plan's objective, as estimated; +∞ where it cannot run
  double best = 0;     ///< that of the best plan; +∞ without one
  double doubt = 0;    ///< standard deviation of running − best; 0 where it was not needed

  /// Whether `plan` is another one than that which runs.
  bool is_switch() const {
    return reason != DecisionReason::none && reason != DecisionReason::no_plan;
  }
  double gain() const { return running - best; }  ///< of the objective; may be +∞
};

/// What is worth measuring when nothing else is going on: a link by a transfer of that size, or,
/// without `to`, how fast a system runs these blocks.
struct SCISSION_EXPORT Probe {
  int from = 0;  ///< or the system
  std::optional<int> to = {};
  double bytes = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Probe&, const Probe&) = default;
};

/// Keeps a plan right while links and loads change. Has no thread and no clock of its own: times
/// are the caller's, in seconds, never falling. One thread at a time may use it.
///
/// Systems and blocks are indices into the problem; a system or block that is not there throws
/// Error(invalid_argument).
class SCISSION_EXPORT Controller {
 public:
  /// Runs the best plan for the problem as it stands, or `running`.
  /// Throws as search() does, Error(infeasible) when no plan fits, Error(invalid_argument) on
  /// options out of range, and as plan_cost() does when `running` is no plan.
  Controller(PartitionProblem problem, Query query, ControllerOptions options = {},
             std::optional<Plan> running = {});
  ~Controller();
  Controller(Controller&&) noexcept;             ///< the one moved from is for destroying only
  Controller& operator=(Controller&&) noexcept;  ///< the same

  /// What a request, or a probe, tells. O(1) but for the sum of the stage's blocks. What was lost
  /// is back.
  void observe(const StageObservation& stage, double now_s);
  void observe(const HopObservation& hop, double now_s);  ///< the same, O(1)

  /// A transfer failed, a system does not answer: planned without until it is seen again, or until
  /// it seems worth trying.
  void link_lost(int from, int to, double now_s);
  void system_lost(int system, double now_s);  ///< the same

  /// Whether to go on. One search, and where a switch is near a few sums over blocks. Throws as
  /// search() does for times too large to add up.
  Decision decide(double now_s);

  /// That plan runs now. Throws as plan_cost() does when it is none.
  void switched(const Plan& plan);
  const Plan& running() const;  ///< as switched() said last

  /// What might show a better plan, were it known: the parts of the plan that would be best if all
  /// that is uncertain were as good as it may be. Empty where even that would not pay.
  std::vector<Probe> wanted_probes(double now_s);

  /// The problem as estimated at that time: a lost link is none, a lost system has none and is a
  /// million times slower. O(systems · blocks + systems²).
  PartitionProblem estimated(double now_s) const;
  /// What is believed of a system: factors on what the profile says.
  const TimeScale& system_scale(int system) const;
  const TimeScale& link_scale(int from, int to) const;  ///< the same of a link
  double requests_per_s() const;                        ///< as seen lately; 0 while unknown

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission
