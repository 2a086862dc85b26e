// The best plans over a range of a bandwidth or of a slowdown.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/require.hpp"
#include "scission/base.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/search.hpp"
#include "search/compiled_constraints.hpp"
#include "search/lower_envelope.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

using search_detail::SearchBudget;

// --- Which sensitivities are defined ---

[[noreturn]] void refuse_sensitivity(const std::string& message) {
  throw_invalid_argument(message, "sensitivity");
}

int system_index(const PartitionProblem& problem, const std::string& name) {
  try {
    return problem.system_index(name);
  } catch (const Error& error) {
    refuse_sensitivity(error.message());
  }
}

void require_range(double low, double high) {
  if (0 < low && low < high && std::isfinite(high)) return;
  refuse_sensitivity(fmt::format(
      "the range {:g} to {:g} is invalid; its ends must be positive and ascending", low, high));
}

void require_link(const PartitionProblem& problem, int from, int to) {
  const std::string names =
      fmt::format("from {} to {}", problem.systems[from].name, problem.systems[to].name);
  if (from == to || !problem.link(from, to)) refuse_sensitivity("there is no link " + names);
  if (problem.link(from, to)->curve.empty()) return;
  refuse_sensitivity(
      "the link " + names +
      " is a measured curve, which has no bandwidth to change; give it a row of ping and "
      "bandwidth, without the curve");
}

void require_unmoved(const Query& query, const std::vector<Metric>& moved, const char* by) {
  if (query.objective.period > 0) {
    refuse_sensitivity(
        "the objective weighs the period, which has no exact breakpoints; leave it out");
  }
  for (const Metric metric : moved) {
    if (!query.limits.limit(metric)) continue;
    refuse_sensitivity(
        fmt::format("the limit on {} depends on the {}; leave it out", to_string(metric), by));
  }
}

void require_compute_unmoved(const PartitionProblem& problem, const Query& query, int system) {
  for (const auto& [name, constraints] : query.constraints) {
    if (!constraints.compute) continue;
    if (!constraints.compute->is_share && !problem.is_named(name, system)) continue;
    refuse_sensitivity(
        fmt::format("the limit on computing on {} depends on the slowdown of {}; leave it out",
                    name, problem.systems[system].name));
  }
}

// --- The best plans along the parameter ---

// A parameter on which all costs depend linearly.
struct Parameter {
  std::function<void(Planner&, double)> set;
  double left = 0;
  double right = 0;
};

class BestPlans {
 public:
  BestPlans(const PartitionProblem& problem, Query query, const SearchOptions& options,
            Parameter parameter)
      : budget_(options),
        parameter_(std::move(parameter)),
        planner_(PartitionProblem(problem), search_detail::best_only(std::move(query))),
        at_left_(problem_at(parameter_.left)),
        at_right_(problem_at(parameter_.right)) {}

  std::vector<EnvelopePiece> envelope() {
    return lower_envelope([this](double value) { return best_at(value); }, parameter_.left,
                          parameter_.right);
  }

 private:
  const PartitionProblem& problem_at(double value) {
    parameter_.set(planner_, value);
    return planner_.problem();
  }

  CostLine best_at(double value) {
    parameter_.set(planner_, value);
    const SearchResult result = planner_.plan(budget_.rest());
    if (!result.is_optimal) {
      throw Error(ErrorCode::interrupted,
                  "the search was stopped before all ranges were known; increase the time limit",
                  "sensitivity");
    }
    if (result.plans.empty()) {
      throw Error(ErrorCode::infeasible, "no plan fits the constraints", "sensitivity");
    }
    Plan plan = result.plans.front();
    plan.cost = {};  // that at one value of the parameter
    return {plan, cost_in(at_left_, plan), cost_in(at_right_, plan)};
  }

  double cost_in(const PartitionProblem& problem, const Plan& plan) const {
    return search_detail::objective_of(problem, planner_.query(), plan);
  }

  SearchBudget budget_;
  Parameter parameter_;
  Planner planner_;
  PartitionProblem at_left_;  // copies: the planner's problem changes
  PartitionProblem at_right_;
};

double seconds_per_byte(Link link, double megabits_per_s) {
  link.megabits_per_s = megabits_per_s;
  if (link.bytes_per_s() < 1 || std::isinf(link.bytes_per_s())) {
    refuse_sensitivity(
        fmt::format("{:g} Mbit/s is less than a byte a second, or not finite", megabits_per_s));
  }
  return 1 / link.bytes_per_s();
}

double megabits_per_s(double seconds_per_byte) {
  return 1 / (seconds_per_byte * bytes_per_megabit);
}

/// The link at any speed: as two points of a curve, which nothing rounds to whole bytes a second.
Link at_speed(Link link, double seconds_per_byte) {
  constexpr double far_bytes = 1e12;
  link.curve = {{0, link.ping_s()}, {far_bytes, link.ping_s() + far_bytes * seconds_per_byte}};
  return link;
}

/// From seconds a byte, ascending, to Mbit/s, ascending.
std::vector<SensitivityRange> over_bandwidth(const std::vector<EnvelopePiece>& pieces, double low,
                                             double high) {
  std::vector<SensitivityRange> ranges;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    ranges.push_back({megabits_per_s(piece->right), megabits_per_s(piece->left), piece->plan,
                      piece->value_at_right, piece->value_at_left, true});
  }
  ranges.front().low = low;
  ranges.back().high = high;
  return ranges;
}

std::vector<SensitivityRange> over_factor(const std::vector<EnvelopePiece>& pieces) {
  std::vector<SensitivityRange> ranges;
  for (const EnvelopePiece& piece : pieces) {
    ranges.push_back(
        {piece.left, piece.right, piece.plan, piece.value_at_left, piece.value_at_right, false});
  }
  return ranges;
}

// --- Lower envelopes ---

// Relative; values closer than this count as equal.
constexpr double line_resolution = 1e-12;

bool is_below(double a, double b) {
  return a < b - line_resolution * std::max(std::abs(a), std::abs(b));
}

// A line, and a parameter at which it is the least.
struct Found {
  CostLine line;
  double at = 0;
};

class Envelope {
 public:
  Envelope(const std::function<CostLine(double)>& least_at, double left, double right)
      : least_at_(least_at), left_(left), right_(right), start_(left) {}

  std::vector<EnvelopePiece> pieces() {
    const Found first{least_at_(left_), left_};
    const Found last{least_at_(right_), right_};
    const bool is_one_line = !is_below(last.line.at_right, first.line.at_right);
    if (!is_one_line) add_between(first, last);
    add_piece(is_one_line ? first.line : last.line, right_);
    return std::move(pieces_);
  }

 private:
  // Adds all pieces from `first` up to, but excluding, `last`, whose right end is not yet known.
  void add_between(const Found& first, const Found& last) {
    const double meeting = intersection(first, last);
    const Found least{least_at_(meeting), meeting};
    const bool is_inside = first.at < meeting && meeting < last.at;
    if (is_inside && is_below(value(least.line, meeting), value(first.line, meeting))) {
      add_between(first, least);
      add_between(least, last);
    } else {
      add_piece(first.line, meeting);
    }
  }

  void add_piece(const CostLine& line, double end) {
    if (end - start_ <= line_resolution * end && left_ < right_) return;
    pieces_.push_back({line.plan, start_, end, value(line, start_), value(line, end)});
    start_ = end;
  }

  double value(const CostLine& line, double at) const {
    if (at == left_) return line.at_left;
    if (at == right_) return line.at_right;
    const double share = (at - left_) / (right_ - left_);
    return line.at_left + (line.at_right - line.at_left) * share;
  }

  double intersection(const Found& first, const Found& last) const {
    const double above_at_left = last.line.at_left - first.line.at_left;
    const double below_at_right = first.line.at_right - last.line.at_right;
    const double share = above_at_left / (above_at_left + below_at_right);
    return std::clamp(left_ + (right_ - left_) * share, first.at, last.at);
  }

  const std::function<CostLine(double)>& least_at_;
  double left_;
  double right_;
  double start_;  // start of the next piece
  std::vector<EnvelopePiece> pieces_;
};

}  // namespace

double SensitivityRange::value_at(double x) const {
  const double share =
      is_over_bandwidth ? (1 / x - 1 / low) / (1 / high - 1 / low) : (x - low) / (high - low);
  return value_at_low + (value_at_high - value_at_low) * share;
}

std::vector<SensitivityRange> bandwidth_sensitivity(const PartitionProblem& problem,
                                                    const Query& query,
                                                    const BandwidthInterval& interval,
                                                    const SearchOptions& options) {
  const int from = system_index(problem, interval.from);
  const int to = system_index(problem, interval.to);
  const double low = interval.low_megabits_per_s;
  const double high = interval.high_megabits_per_s;
  require_link(problem, from, to);
  require_range(low, high);
  require_unmoved(query, {Metric::latency, Metric::period}, "bandwidth");
  const Link link = *problem.link(from, to);
  const double left = seconds_per_byte(link, high);
  const double right = seconds_per_byte(link, low);
  const auto change = [link, from, to](Planner& planner, double seconds) {
    planner.set_link(from, to, at_speed(link, seconds));
  };
  BestPlans plans(problem, query, options, {change, left, right});
  return over_bandwidth(plans.envelope(), low, high);
}

std::vector<SensitivityRange> slowdown_sensitivity(const PartitionProblem& problem,
                                                   const Query& query,
                                                   const SlowdownInterval& interval,
                                                   const SearchOptions& options) {
  const int system = system_index(problem, interval.system);
  require_range(interval.low_factor, interval.high_factor);
  require_unmoved(query, {Metric::latency, Metric::period, Metric::energy, Metric::money},
                  "slowdown");
  require_compute_unmoved(problem, query, system);
  const auto change = [system](Planner& planner, double factor) {
    planner.set_slowdown(system, factor);
  };
  BestPlans plans(problem, query, options, {change, interval.low_factor, interval.high_factor});
  return over_factor(plans.envelope());
}

std::vector<EnvelopePiece> lower_envelope(const std::function<CostLine(double)>& least_at,
                                          double left, double right) {
  return Envelope(least_at, left, right).pieces();
}

}  // namespace scission
