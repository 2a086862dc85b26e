// What a controller believes of links and systems.
#pragma once

#include <optional>
#include <vector>

#include "scission/control/controller.hpp"
#include "scission/search/planner.hpp"

namespace scission {

/// Since when something is lost, and how often in a row.
struct Loss {
  double since_s = 0;
  int times = 0;
  bool is_lost = false;
};

/// One TimeScale for each system and each directed link of a problem, and what is lost.
class Beliefs {
 public:
  Beliefs(const PartitionProblem& profile, const ControllerOptions& options);

  /// The clock's first time, from which on the profile ages. Before anything else.
  void begin(double now_s);

  void observe(const StageObservation& stage, double now_s);
  void observe(const HopObservation& hop, double now_s);
  void lose_link(int from, int to, double now_s);
  void lose_system(int system, double now_s);

  /// These throw Error(invalid_argument) for a system that is not there.
  const TimeScale& system(int system) const;
  const TimeScale& link(int from, int to) const;
  const PartitionProblem& profile() const { return profile_; }

  /// The link as estimated, all its times `factor` times as long; empty where there is none.
  std::optional<Link> link_at(int from, int to, double now_s, double factor = 1) const;

  /// Whether it is lost and lost_retry_s, doubled for every time in a row, has not passed.
  bool is_link_out(int from, int to, double now_s) const;
  bool is_system_out(int system, double now_s) const;

  /// Sets all of the planner's links and slowdowns to what is expected.
  void apply(Planner& planner, double now_s) const;

  /// To the best that is likely instead: what was not seen lately is faster than expected by
  /// `hope` standard deviations, and what is lost may be back.
  void apply_optimistic(Planner& planner, double now_s) const;

  bool is_probe_due(const Probe& probe, double now_s) const;

 private:
  int index(int from, int to) const { return from * profile_.system_count() + to; }
  void require_system(int system) const;
  bool is_out(const Loss& loss, double now_s) const;
  bool is_due(const TimeScale& scale, const Loss& loss, double now_s) const;
  bool is_link_back(int from, int to, double now_s) const;
  double optimism(const TimeScale& scale, double uncertainty, double now_s) const;

  PartitionProblem profile_;
  ControllerOptions options_;
  std::vector<std::vector<double>> until_block_s_;  // [system][block]: prefix sums
  std::vector<TimeScale> systems_;
  std::vector<TimeScale> links_;
  std::vector<Loss> lost_systems_;
  std::vector<Loss> lost_links_;
};

/// The standard deviation of objective_value(running) − objective_value(best), as far as it comes
/// from the noise of what was observed. Changes the planner's links and slowdowns and sets them
/// back.
double doubt_of_gain(const Beliefs& beliefs, Planner& planner, const Plan& running,
                     const Plan& best, double now_s);

/// Whether every hop of the plan has a link. O(stages).
bool has_links(const PartitionProblem& problem, const Plan& plan);

}  // namespace scission
