#include <cmath>

#include "control/beliefs.hpp"
#include "scission/plan/plan.hpp"

namespace scission {
namespace {

/// What changes of the gain when one belief moves by a standard deviation, for one plan pair.
class GainOf {
 public:
  GainOf(Planner& planner, const Plan& running, const Plan& best)
      : planner_(planner), running_(running), best_(best), base_(gain()) {}

  double gain() const { return amount(running_) - amount(best_); }
  double change() const { return gain() - base_; }

 private:
  double amount(const Plan& plan) const {
    const Query& query = planner_.query();
    return objective_value(query.objective, plan_cost(planner_.problem(), plan, query.input_bytes));
  }

  Planner& planner_;
  const Plan& running_;
  const Plan& best_;
  double base_;
};

double system_variance(const TimeScale& scale, Planner& planner, int system, double now_s,
                       const GainOf& gain) {
  const double expected = scale.variable_factor(now_s);
  planner.set_slowdown(system, expected * std::exp(scale.noise_directions()[1][1]));
  const double change = gain.change();
  planner.set_slowdown(system, expected);
  return change * change;
}

double link_variance(const TimeScale& scale, Planner& planner, int from, int to,
                     const GainOf& gain) {
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

// To first order, the beliefs being independent: Σ of squared changes by one standard deviation.
double doubt_of_gain(const Beliefs& beliefs, Planner& planner, const Plan& running,
                     const Plan& best, double now_s) {
  const GainOf gain(planner, running, best);
  const int systems = planner.problem().system_count();
  double variance = 0;
  for (int from = 0; from < systems; ++from) {
    if (beliefs.is_system_out(from, now_s)) continue;
    variance += system_variance(beliefs.system(from), planner, from, now_s, gain);
    for (int to = 0; to < systems; ++to) {
      variance += link_variance(beliefs.link(from, to), planner, from, to, gain);
    }
  }
  return std::sqrt(variance);
}

bool has_links(const PartitionProblem& problem, const Plan& plan) {
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    if (stage.system != at && !problem.link(at, stage.system)) return false;
    at = stage.system;
  }
  return !plan.destination || *plan.destination == at || problem.link(at, *plan.destination);
}

}  // namespace scission
