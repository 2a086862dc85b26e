#include "control/state_estimator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/require.hpp"
#include "scission/plan/plan.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

constexpr double lost_slowdown = 1e6;        // with which no plan is the best
constexpr double min_megabits_per_s = 8e-6;  // 1 byte per second
constexpr int max_doublings = 5;

// What became slow abruptly is tried again after this share of the time that it has been slow.
constexpr double recovery_share = 0.125;

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
  const double expected_s = until_s[stage.last_block + 1] - until_s[stage.first_block] +
                            profile_.stage_setup_s(stage.system, stage.first_block);
  systems_[stage.system].observe({0, expected_s}, stage.seconds, now_s);
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

void StateEstimator::mark_link_lost(int from, int to, double now_s) {
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

void StateEstimator::mark_system_lost(int system, double now_s) {
  require_system(system);
  lost_systems_[system].note(now_s);
}

bool StateEstimator::is_unavailable(const Loss& loss, double now_s) const {
  const double retry_s = std::ldexp(options_.lost_retry_s, std::min(loss.times - 1, max_doublings));
  return loss.is_lost && now_s < loss.since_s + retry_s;
}

bool StateEstimator::is_link_unavailable(int from, int to, double now_s) const {
  return is_unavailable(lost_links_[index(from, to)], now_s) ||
         is_unavailable(lost_systems_[from], now_s) || is_unavailable(lost_systems_[to], now_s);
}

bool StateEstimator::is_system_unavailable(int system, double now_s) const {
  return is_unavailable(lost_systems_[system], now_s);
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
    const bool is_unavailable = is_system_unavailable(from, now_s);
    planner.set_slowdown(from,
                         is_unavailable ? lost_slowdown : systems_[from].variable_factor(now_s));
    for (int to = 0; to < profile_.system_count(); ++to) {
      const bool is_there = profile_.link(from, to) && !is_link_unavailable(from, to, now_s);
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
    if (estimator.is_system_unavailable(from, now_s)) continue;
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
