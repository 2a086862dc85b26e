// Estimates the state of every link and system: how much longer it takes than its profile says, and
// whether it is lost.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/kalman_cusum_filter.hpp"
#include "scission/control.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// One KalmanCusumFilter for each system and each directed link of a problem, and which of them are
/// lost.
class StateEstimator {
 public:
  StateEstimator(const PartitionProblem& profile, const ControllerOptions& options);

  /// Sets the time at which the profile starts to age. Call before anything else.
  void begin(double now_s);

  void observe(const StageObservation& stage, double now_s);
  void observe(const HopObservation& hop, double now_s);
  void mark_link_lost(int from, int to, double now_s);
  void mark_system_lost(int system, double now_s);

  /// These throw Error(invalid_argument) for a system that does not exist.
  const KalmanCusumFilter& system(int system) const;
  const KalmanCusumFilter& link(int from, int to) const;
  const PartitionProblem& profile() const { return profile_; }

  /// The link as estimated, with all times multiplied by `factor`; empty where there is no link.
  std::optional<Link> link_at(int from, int to, double now_s, double factor = 1) const;

  /// Whether it is lost and its retry time, lost_retry_s doubled with each loss in a row, has not
  /// passed.
  bool is_link_unavailable(int from, int to, double now_s) const;
  bool is_system_unavailable(int system, double now_s) const;

  /// Sets all links and slowdowns of the planner to their expected values.
  void apply(Planner& planner, double now_s) const;

  /// Sets them to their optimistic bounds instead: what was not observed recently is faster than
  /// expected by exploration_width standard deviations, what abruptly became slow is as profiled
  /// again, and what was lost may be available.
  void apply_optimistic(Planner& planner, double now_s) const;

  bool is_probe_due(const Probe& probe, double now_s) const;

 private:
  struct Loss {
    double since_s = 0;
    int times = 0;  ///< in a row
    bool is_lost = false;

    void note(double now_s);
  };

  int index(int from, int to) const { return from * profile_.system_count() + to; }
  void require_system(int system) const;
  bool is_unavailable(const Loss& loss, double now_s) const;
  bool is_due(const KalmanCusumFilter& scale, const Loss& loss, double now_s) const;
  bool may_be_back(int from, int to, double now_s) const;
  bool may_have_recovered(const KalmanCusumFilter& scale, double now_s) const;
  double optimistic_factor(const KalmanCusumFilter& scale, double now_s) const;
  std::optional<Link> optimistic_link(int from, int to, double now_s) const;

  PartitionProblem profile_;
  ControllerOptions options_;
  std::vector<std::vector<double>> until_block_s_;  // [system][block]: prefix sums
  std::vector<KalmanCusumFilter> systems_;
  std::vector<KalmanCusumFilter> links_;
  std::vector<Loss> lost_systems_;
  std::vector<Loss> lost_links_;
};

/// Standard deviation of objective_value(running) − objective_value(best), as far as it is due to
/// noise of the observations. Changes the planner's links and slowdowns temporarily.
double gain_stddev(const StateEstimator& estimator, Planner& planner, const Plan& running,
                   const Plan& best, double now_s);

/// The first hop of the plan that has no link: its ends. O(stages).
std::optional<std::pair<int, int>> missing_link(const PartitionProblem& problem, const Plan& plan);

/// The first of the plans. Throws Error(infeasible, place) without one.
Plan best_plan(SearchResult result, const std::string& place);

}  // namespace scission
