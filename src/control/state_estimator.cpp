#include "control/state_estimator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/require.hpp"
#include "scission/plan/plan.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

constexpr double noise_weight = 0.03;  // of one observation: averages about 30 of them
constexpr double min_noise = 0.01;     // of clocks and schedulers
constexpr double max_correlation = 0.75;
constexpr double suspicion_share = 0.4;  // of the threshold
constexpr double max_factor = 1e6;       // observations are clipped to this, and to its inverse

double square(double x) { return x * x; }

constexpr double lost_slowdown = 1e6;        // with which no plan is the best
constexpr double min_megabits_per_s = 8e-6;  // 1 byte per second
constexpr int max_doublings = 5;

// What became slow abruptly is tried again after this share of the time that it has been slow.
constexpr double recovery_share = 0.125;
constexpr double min_slowdown = 1.1;

ExpectedTime expected_time(const Link& link, double bytes) {
  if (!link.curve.empty()) return {0, link.transfer_s(bytes)};
  return {link.ping_s(), bytes / link.bytes_per_s()};
}

std::vector<double> prefix_sums(const std::vector<double>& seconds) {
  std::vector<double> sums{0};
  for (const double block_s : seconds) sums.push_back(sums.back() + block_s);
  return sums;
}

/// The gain of one plan over another, and how it changes with the problem.
class PlanGain {
 public:
  PlanGain(Planner& planner, const Plan& running, const Plan& best)
      : planner_(planner), running_(running), best_(best), base_(gain()) {}

  double gain() const { return value_of(running_) - value_of(best_); }
  double change() const { return gain() - base_; }

 private:
  double value_of(const Plan& plan) const {
    return search_detail::objective_of(planner_.problem(), planner_.query(), plan);
  }

  Planner& planner_;
  const Plan& running_;
  const Plan& best_;
  double base_;
};

double system_variance(const KalmanCusumFilter& scale, Planner& planner, int system, double now_s,
                       const PlanGain& gain) {
  const double expected = scale.variable_factor(now_s);
  planner.set_slowdown(system, expected * std::exp(scale.noise_directions()[1][1]));
  const double change = gain.change();
  planner.set_slowdown(system, expected);
  return change * change;
}

double link_variance(const KalmanCusumFilter& scale, Planner& planner, int from, int to,
                     const PlanGain& gain) {
  const std::optional<Link> expected = planner.problem().link(from, to);
  if (!expected) return 0;
  double variance = 0;
  for (const auto& [ping, rate] : scale.noise_directions()) {
    Link moved = *expected;
    moved.ping_ms *= std::exp(ping);
    moved.megabits_per_s *= std::exp(-rate);
    for (CurvePoint& point : moved.curve) point.seconds *= std::exp(rate);
    planner.set_link(from, to, moved);
    variance += gain.change() * gain.change();
  }
  planner.set_link(from, to, expected);
  return variance;
}

}  // namespace

KalmanCusumFilter::KalmanCusumFilter(const TimeScaleOptions& options, double begin_s)
    : options_(options),
      variance_{square(std::min(options.start_spread, options.fixed_spread)),
                square(options.start_spread)},
      noise_{square(options.first_noise), 0},
      quiet_noise_(noise_),
      time_s_(begin_s) {}

double KalmanCusumFilter::decay(double now_s) const {
  return std::exp(-std::max(0.0, now_s - time_s_) / options_.forgetting_s);
}

double KalmanCusumFilter::variance_at(int part, double now_s) const {
  const double kept = square(decay(now_s));
  const double limit = square(part == fixed ? options_.fixed_spread : options_.spread);
  return variance_[part] * kept + limit * (1 - kept);
}

double KalmanCusumFilter::factor(int part, double now_s) const {
  const double correction = is_observed_ ? noise_.variance / 2 : 0;
  return std::exp((mean_[part] + correction) * decay(now_s));
}

double KalmanCusumFilter::fixed_stddev(double now_s) const {
  return std::sqrt(variance_at(fixed, now_s));
}
double KalmanCusumFilter::variable_stddev(double now_s) const {
  return std::sqrt(variance_at(variable, now_s));
}

double KalmanCusumFilter::noise() const { return std::sqrt(noise_.variance); }

double KalmanCusumFilter::correlation() const {
  return std::clamp(noise_.covariance / noise_.variance, 0.0, max_correlation);
}

// Variance of the mean of many observations, times their number: noise is a first-order
// autoregressive process.
double KalmanCusumFilter::effective_noise_variance() const {
  return noise_.variance * (1 + correlation()) / (1 - correlation());
}

bool KalmanCusumFilter::is_suspicious() const {
  return std::max(cusum_[0], cusum_[1]) > suspicion_share * options_.threshold;
}

// The columns of the Cholesky factor L of the covariance P = L Lᵀ.
std::array<std::array<double, 2>, 2> KalmanCusumFilter::noise_directions() const {
  const double first = std::sqrt(variance_[fixed]);
  const double mixed = first > 0 ? covariance_ / first : 0;
  const double second = std::sqrt(std::max(0.0, variance_[variable] - square(mixed)));
  return {{{first, mixed}, {0, second}}};
}

void KalmanCusumFilter::age(double now_s) {
  const double kept = decay(now_s);
  for (const int part : {fixed, variable}) {
    variance_[part] = variance_at(part, now_s);
    mean_[part] *= kept;
  }
  covariance_ *= square(kept);
  time_s_ = std::max(time_s_, now_s);
}

void KalmanCusumFilter::update(const Pair& shares, double innovation, double noise_variance) {
  const Pair cross{variance_[fixed] * shares[fixed] + covariance_ * shares[variable],
                   covariance_ * shares[fixed] + variance_[variable] * shares[variable]};
  const double total =
      cross[fixed] * shares[fixed] + cross[variable] * shares[variable] + noise_variance;
  for (const int part : {fixed, variable}) {
    mean_[part] += cross[part] / total * innovation;
    variance_[part] -= square(cross[part]) / total;
  }
  covariance_ -= cross[fixed] * cross[variable] / total;
}

// Page's CUSUM test, one side for increases and one for decreases.
bool KalmanCusumFilter::detects_change(double deviation, double innovation) {
  if (cusum_[0] == 0 && cusum_[1] == 0) quiet_noise_ = noise_;
  bool is_change = false;
  for (const int side : {0, 1}) {
    const double outward = side == 0 ? deviation : -deviation;
    cusum_[side] = std::max(0.0, cusum_[side] + outward - options_.allowance);
    const bool runs = cusum_[side] > 0;
    run_sum_[side] = runs ? run_sum_[side] + innovation : 0;
    run_count_[side] = runs ? run_count_[side] + 1 : 0;
    is_change = is_change || cusum_[side] > options_.threshold;
  }
  return is_change;
}

// The estimate hardly moved during the run, so the mean innovation of the run is its error.
void KalmanCusumFilter::restart_from_run(const Pair& shares) {
  const int side = cusum_[0] > cusum_[1] ? 0 : 1;
  const double mean = run_sum_[side] / run_count_[side];
  const bool was_slow = std::exp(std::max(mean_[fixed], mean_[variable])) > min_slowdown;
  if (changes_ == 0 || !was_slow) slow_since_s_ = time_s_;
  noise_ = quiet_noise_;
  last_innovation_ = 0;
  variance_ = {square(2 * options_.fixed_spread), square(2 * options_.spread)};
  covariance_ = 0;
  update(shares, mean, effective_noise_variance() / run_count_[side]);
  cusum_ = run_sum_ = {0, 0};
  run_count_ = {0, 0};
  ++changes_;
}

void KalmanCusumFilter::learn_noise(double innovation, double predicted) {
  const double observed = std::max(square(innovation) - predicted, 0.0);
  noise_.variance += noise_weight * (observed - noise_.variance);
  noise_.variance = std::max(noise_.variance, square(min_noise));
  noise_.covariance += noise_weight * (innovation * last_innovation_ - noise_.covariance);
  last_innovation_ = innovation;
}

void KalmanCusumFilter::observe(const ExpectedTime& expected, double seconds, double now_s) {
  if (!(expected.fixed_s + expected.variable_s > 0 && seconds > 0 && std::isfinite(seconds))) {
    return;
  }
  age(now_s);
  is_observed_ = true;
  const double max_s = max_factor * (expected.fixed_s + expected.variable_s);
  seconds = std::clamp(seconds, max_s / square(max_factor), max_s);
  const double fixed_s = expected.fixed_s * std::exp(mean_[fixed]);
  const double variable_s = expected.variable_s * std::exp(mean_[variable]);
  const Pair shares{fixed_s / (fixed_s + variable_s), variable_s / (fixed_s + variable_s)};
  const double innovation = std::log(seconds / (fixed_s + variable_s));

  const double predicted = square(shares[fixed]) * variance_[fixed] +
                           2 * shares[fixed] * shares[variable] * covariance_ +
                           square(shares[variable]) * variance_[variable];
  const double sd = std::sqrt(predicted + effective_noise_variance());
  const double deviation = std::clamp(innovation / sd, -options_.outlier, options_.outlier);
  if (detects_change(deviation, innovation)) return restart_from_run(shares);
  update(shares, deviation * sd, effective_noise_variance());
  learn_noise(deviation * sd, predicted);
}

void StateEstimator::Loss::note(double now_s) {
  ++times;
  since_s = now_s;
  is_lost = true;
}

StateEstimator::StateEstimator(const PartitionProblem& profile, const ControllerOptions& options)
    : profile_(profile),
      options_(options),
      systems_(profile.systems.size(), KalmanCusumFilter(options.systems)),
      links_(profile.links.size(), KalmanCusumFilter(options.links)),
      lost_systems_(profile.systems.size()),
      lost_links_(profile.links.size()) {
  for (const auto& block_s : profile.block_s) until_block_s_.push_back(prefix_sums(block_s));
}

void StateEstimator::begin(double now_s) {
  systems_.assign(systems_.size(), KalmanCusumFilter(options_.systems, now_s));
  links_.assign(links_.size(), KalmanCusumFilter(options_.links, now_s));
}

void StateEstimator::require_system(int system) const {
  require_in(profile_.systems, system, "system", "controller");
}

void StateEstimator::observe(const StageObservation& stage, double now_s) {
  require_system(stage.system);
  if (stage.first_block < 0 || stage.last_block < stage.first_block ||
      stage.last_block >= profile_.block_count()) {
    throw_invalid_argument(fmt::format("there are no blocks {} to {}; there are {}",
                                       stage.first_block, stage.last_block, profile_.block_count()),
                           "controller");
  }
  const std::vector<double>& until_s = until_block_s_[stage.system];
  systems_[stage.system].observe({0, until_s[stage.last_block + 1] - until_s[stage.first_block]},
                                 stage.seconds, now_s);
  lost_systems_[stage.system] = {};
}

void StateEstimator::observe(const HopObservation& hop, double now_s) {
  require_system(hop.from);
  require_system(hop.to);
  const std::optional<Link>& link = profile_.link(hop.from, hop.to);
  if (link)
    links_[index(hop.from, hop.to)].observe(expected_time(*link, hop.bytes), hop.seconds, now_s);
  lost_links_[index(hop.from, hop.to)] = {};
  lost_systems_[hop.from] = lost_systems_[hop.to] = {};
}

void StateEstimator::lose_link(int from, int to, double now_s) {
  require_system(from);
  require_system(to);
  lost_links_[index(from, to)].note(now_s);
}

const KalmanCusumFilter& StateEstimator::system(int system) const {
  require_system(system);
  return systems_[system];
}

const KalmanCusumFilter& StateEstimator::link(int from, int to) const {
  require_system(from);
  require_system(to);
  return links_[index(from, to)];
}

void StateEstimator::lose_system(int system, double now_s) {
  require_system(system);
  lost_systems_[system].note(now_s);
}

bool StateEstimator::is_out(const Loss& loss, double now_s) const {
  const double retry_s = std::ldexp(options_.lost_retry_s, std::min(loss.times - 1, max_doublings));
  return loss.is_lost && now_s < loss.since_s + retry_s;
}

bool StateEstimator::is_link_out(int from, int to, double now_s) const {
  return is_out(lost_links_[index(from, to)], now_s) || is_out(lost_systems_[from], now_s) ||
         is_out(lost_systems_[to], now_s);
}

bool StateEstimator::is_system_out(int system, double now_s) const {
  return is_out(lost_systems_[system], now_s);
}

std::optional<Link> StateEstimator::link_at(int from, int to, double now_s, double factor) const {
  std::optional<Link> link = profile_.link(from, to);
  if (!link) return link;
  const KalmanCusumFilter& scale = links_[index(from, to)];
  const double stretch = scale.variable_factor(now_s) * factor;
  link->ping_ms *= scale.fixed_factor(now_s) * factor;
  link->megabits_per_s = std::max(link->megabits_per_s / stretch, min_megabits_per_s);
  for (CurvePoint& point : link->curve) point.seconds *= stretch;
  return link;
}

void StateEstimator::apply(Planner& planner, double now_s) const {
  for (int from = 0; from < profile_.system_count(); ++from) {
    const bool is_out = is_system_out(from, now_s);
    planner.set_slowdown(from, is_out ? lost_slowdown : systems_[from].variable_factor(now_s));
    for (int to = 0; to < profile_.system_count(); ++to) {
      const bool is_there = profile_.link(from, to) && !is_link_out(from, to, now_s);
      planner.set_link(from, to, is_there ? link_at(from, to, now_s) : std::nullopt);
    }
  }
}

bool StateEstimator::is_due(const KalmanCusumFilter& scale, const Loss& loss, double now_s) const {
  if (loss.is_lost) return now_s >= loss.since_s + options_.lost_probe_s;
  return scale.is_suspicious() || now_s >= scale.observed_s() + options_.probe_after_s;
}

bool StateEstimator::is_probe_due(const Probe& probe, double now_s) const {
  if (!probe.to) return is_due(systems_[probe.from], lost_systems_[probe.from], now_s);
  const int place = index(probe.from, *probe.to);
  return is_due(links_[place], lost_links_[place], now_s);
}

bool StateEstimator::may_be_back(int from, int to, double now_s) const {
  const auto is_possible = [&](const Loss& loss) {
    return !loss.is_lost || now_s >= loss.since_s + options_.lost_probe_s;
  };
  return is_possible(lost_links_[index(from, to)]) && is_possible(lost_systems_[from]) &&
         is_possible(lost_systems_[to]);
}

// A standard deviation of drift does not cover an abrupt recovery.
bool StateEstimator::may_have_recovered(const KalmanCusumFilter& scale, double now_s) const {
  if (scale.changes() == 0) return false;
  const double slowdown = std::max(scale.variable_factor(now_s), scale.fixed_factor(now_s));
  const double wait_s =
      std::max(options_.probe_after_s, recovery_share * (now_s - scale.slow_since_s()));
  return slowdown > min_slowdown && now_s >= scale.observed_s() + wait_s;
}

double StateEstimator::optimistic_factor(const KalmanCusumFilter& scale, double now_s) const {
  if (!is_due(scale, {}, now_s)) return 1;
  return std::exp(-options_.exploration_width * scale.variable_stddev(now_s));
}

std::optional<Link> StateEstimator::optimistic_link(int from, int to, double now_s) const {
  if (!may_be_back(from, to, now_s)) return std::nullopt;
  const KalmanCusumFilter& scale = links_[index(from, to)];
  if (may_have_recovered(scale, now_s)) return profile_.link(from, to);
  return link_at(from, to, now_s, optimistic_factor(scale, now_s));
}

void StateEstimator::apply_optimistic(Planner& planner, double now_s) const {
  for (int from = 0; from < profile_.system_count(); ++from) {
    const KalmanCusumFilter& system = systems_[from];
    const double slowdown = system.variable_factor(now_s) * optimistic_factor(system, now_s);
    planner.set_slowdown(from,
                         may_have_recovered(system, now_s) ? std::min(1.0, slowdown) : slowdown);
    for (int to = 0; to < profile_.system_count(); ++to) {
      planner.set_link(from, to, optimistic_link(from, to, now_s));
    }
  }
}

// First-order error propagation over independent estimates: the sum of the squared changes of the
// gain when one estimate moves by a standard deviation.
double gain_stddev(const StateEstimator& estimator, Planner& planner, const Plan& running,
                   const Plan& best, double now_s) {
  const PlanGain gain(planner, running, best);
  const int systems = planner.problem().system_count();
  double variance = 0;
  for (int from = 0; from < systems; ++from) {
    if (estimator.is_system_out(from, now_s)) continue;
    variance += system_variance(estimator.system(from), planner, from, now_s, gain);
    for (int to = 0; to < systems; ++to) {
      variance += link_variance(estimator.link(from, to), planner, from, to, gain);
    }
  }
  return std::sqrt(variance);
}

std::optional<std::pair<int, int>> missing_link(const PartitionProblem& problem, const Plan& plan) {
  std::vector<int> route{plan.source};
  for (const Stage& stage : plan.stages) route.push_back(stage.system);
  if (plan.destination) route.push_back(*plan.destination);
  for (std::size_t i = 1; i < route.size(); ++i) {
    const std::pair hop(route[i - 1], route[i]);
    if (hop.first != hop.second && !problem.link(hop.first, hop.second)) return hop;
  }
  return std::nullopt;
}

Plan best_plan(SearchResult result, const std::string& place) {
  if (!result.plans.empty()) return std::move(result.plans.front());
  throw Error(ErrorCode::infeasible, "no plan fits; relax the constraints or add links", place);
}

}  // namespace scission
