// Estimates the state of links and systems: how much longer something takes than its profile says.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scission/control/controller.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// The profile's time for one observation. A link's ping is fixed and bytes / rate variable; the
/// time of a system, and of a link measured as a curve, is all variable.
struct ExpectedTime {
  double fixed_s = 0;
  double variable_s = 0;
};

/// Two factors, on the fixed and on the variable part of a time, with their uncertainty.
///
/// Model: the logarithms u, v of the factors drift and revert to 0, the profile
/// (Ornstein-Uhlenbeck process with `spread` and `forgetting_s`); an observation is
/// fixed · e^u + variable · e^v, times noise whose variance is estimated as well. The filter is an
/// extended Kalman filter over (u, v); where transfers of one size cannot tell the two apart, the
/// innovation is divided by weight and uncertainty of the parts. Abrupt changes are detected by a
/// two-sided CUSUM test of the standardised innovations (Page 1954; Gustafsson, "Adaptive Filtering
/// and Change Detection", 2000), after which the filter restarts from the run of innovations that
/// triggered the test. Consecutive observations may have correlated noise: with the estimated
/// correlation ρ, the variance of the noise counts (1 + ρ) / (1 − ρ) times.
/// Deviations are clipped, so that a single outlier has little effect. O(1) time and memory.
class KalmanCusumFilter {
 public:
  /// Until the first observation the estimate is the profile, with `start_spread` at `begin_s`.
  explicit KalmanCusumFilter(const TimeScaleOptions& options = {}, double begin_s = 0);

  /// Learns from an observation. Ignored when the expected time is 0, or `seconds` is not positive
  /// and finite. A `now_s` before the last one counts as the last one.
  void observe(const ExpectedTime& expected, double seconds, double now_s);

  /// The expected factors at that time, which revert to the profile without observations. These are
  /// means, as times are added up; the mean of multiplicative noise is above its median.
  double fixed_factor(double now_s) const { return factor(fixed, now_s); }
  double variable_factor(double now_s) const { return factor(variable, now_s); }  ///< the same

  /// Error of (log fixed, log variable) due to noise, as of the last observation: a square root of
  /// the covariance matrix, whose row k is one standard deviation in the k-th direction.
  std::array<std::array<double, 2>, 2> noise_directions() const;

  /// Standard deviations of the logarithms at that time, including drift since the last
  /// observation.
  double fixed_stddev(double now_s) const;
  double variable_stddev(double now_s) const;  ///< the same

  double noise() const;        ///< relative standard deviation of a single observation
  double correlation() const;  ///< of the noise of consecutive observations: 0 to 0.75
  bool is_suspicious() const;  ///< the change test is close to its threshold
  bool is_observed() const { return is_observed_; }  ///< at least once
  double observed_s() const { return time_s_; }      ///< last observation; before any, begin_s
  int changes() const { return changes_; }           ///< changes detected so far
  /// The last change after which it was slower than profiled, and before which it was not.
  double slow_since_s() const { return slow_since_s_; }

 private:
  using Pair = std::array<double, 2>;
  static constexpr int fixed = 0;  // indices of a pair
  static constexpr int variable = 1;

  struct Noise {
    double variance = 0;
    double covariance = 0;  // of consecutive observations
  };

  double decay(double now_s) const;
  double variance_at(int part, double now_s) const;
  double factor(int part, double now_s) const;
  void age(double now_s);
  void update(const Pair& shares, double innovation, double variance);
  double effective_noise_variance() const;
  bool detects_change(double deviation, double innovation);
  void restart_from_run(const Pair& shares);
  void learn_noise(double innovation, double predicted);

  TimeScaleOptions options_;
  Pair mean_{0, 0};
  Pair variance_;
  double covariance_ = 0;
  Noise noise_;
  Noise quiet_noise_;  // before the run that may be a change
  double last_innovation_ = 0;
  Pair run_sum_{0, 0};  // innovations since the test was last at 0: rising, falling
  std::array<int, 2> run_count_{0, 0};
  Pair cusum_{0, 0};
  double time_s_ = 0;
  bool is_observed_ = false;
  int changes_ = 0;
  double slow_since_s_ = 0;
};

/// One KalmanCusumFilter for each system and each directed link of a problem, and which of them are
/// lost.
class StateEstimator {
 public:
  StateEstimator(const PartitionProblem& profile, const ControllerOptions& options);

  /// Sets the time at which the profile starts to age. Call before anything else.
  void begin(double now_s);

  void observe(const StageObservation& stage, double now_s);
  void observe(const HopObservation& hop, double now_s);
  void lose_link(int from, int to, double now_s);
  void lose_system(int system, double now_s);

  /// These throw Error(invalid_argument) for a system that does not exist.
  const KalmanCusumFilter& system(int system) const;
  const KalmanCusumFilter& link(int from, int to) const;
  const PartitionProblem& profile() const { return profile_; }

  /// The link as estimated, with all times multiplied by `factor`; empty where there is no link.
  std::optional<Link> link_at(int from, int to, double now_s, double factor = 1) const;

  /// Whether it is lost and its retry time, lost_retry_s doubled with each loss in a row, has not
  /// passed.
  bool is_link_out(int from, int to, double now_s) const;
  bool is_system_out(int system, double now_s) const;

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
  bool is_out(const Loss& loss, double now_s) const;
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
