// Why a run deviates from its plan: machines and links are measured again.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/digits.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {
namespace {

constexpr double min_relative_error = 0.05;  ///< share of the planned latency

/// Of the latency that the plan predicts, which has no waits for client limits.
double comparable_median_s(const RunSummary& summary) {
  return summary.limit_waits.empty() ? summary.latency.median : summary.unlimited_median_s;
}

/// A figure, or why it could not be measured.
struct Remeasured {
  std::optional<double> seconds = {};
  std::string failure = {};
};

/// Empty where a block of the profile lies across the ends of the layers.
std::optional<double> compute_s(const ModelProfile& model, const TimelineItem& stage) {
  double seconds = 0;
  for (const BlockTiming& timing : model.blocks) {
    const Block& block = timing.block;
    if (block.last_layer < stage.first_layer || block.first_layer > stage.last_layer) continue;
    if (block.first_layer < stage.first_layer || block.last_layer > stage.last_layer) return {};
    seconds += timing.seconds;
  }
  return seconds;
}

/// Benchmarks each machine once and each transfer once, when they are first asked for.
class Remeasurement {
 public:
  Remeasurement(const Clients& workers, GatherOptions options)
      : workers_(workers), options_(std::move(options)) {
    options_.only_if_alone = true;
  }

  Remeasured stage(const TimelineItem& item) {
    const auto [place, is_new] = machines_.try_emplace(item.system);
    if (is_new) place->second = benchmark(item.system);
    const Machine& machine = place->second;
    if (!machine.failure.empty()) return {{}, machine.failure};
    const std::optional<double> seconds = compute_s(machine.profile.models.at(0), item);
    if (seconds) return {seconds};
    return {{}, "its blocks are not the plan's: were --cuts, --grain or --order others?"};
  }

  Remeasured transfer(const TimelineItem& item) {
    const auto [place, is_new] = transfers_.try_emplace({item.system, item.to, item.bytes});
    if (is_new) place->second = probe(item);
    return place->second;
  }

 private:
  struct Machine {
    SystemProfile profile;
    std::string failure;
  };

  Machine benchmark(const std::string& system) const {
    const auto worker = workers_.find(system);
    try {
      if (worker != workers_.end())
        return {benchmark_remotely(system, *worker->second, options_), {}};
      if (system == options_.source) return {benchmark_locally(options_), {}};
      return {{}, "its server runs no benchmarks"};
    } catch (const Error& error) {
      return {{}, error.what()};
    }
  }

  Remeasured probe(const TimelineItem& item) const {
    constexpr double max_time_s = 5;
    const auto largest = static_cast<std::size_t>(std::max(item.bytes, 2.0));
    LinkOptions options;
    options.bytes = {largest / 2, largest};
    options.max_time_s = max_time_s;
    options.is_wanted = [&](const std::string& from, const std::string& to) {
      return from == item.system && to == item.to;
    };
    try {
      const Network network = measure_links(workers_, options_.source, options);
      const auto link = network.find({item.system, {}}, {item.to, {}});
      if (link) return {link->transfer_s(item.bytes)};
      return {{}, "one of its ends is no worker of Scission's"};
    } catch (const Error& error) {
      return {{}, error.what()};
    }
  }

  const Clients& workers_;
  GatherOptions options_;
  std::map<std::string, Machine> machines_;
  std::map<std::tuple<std::string, std::string, double>, Remeasured> transfers_;
};

/// The parts of a run, not measured again yet; machines in the order of their first stage.
class Attribution {
 public:
  Attribution(const PlanRun& run, Remeasurement& again) : run_(run), again_(again) {}

  /// Nothing when `should_continue` returned false.
  std::optional<PredictionError> explain(const std::function<bool()>& should_continue) {
    std::size_t stage = 0;
    for (const TimelineItem& item : run_.plan.items) {
      if (should_continue && !should_continue()) return std::nullopt;
      add(item, stage);
      if (!item.is_transfer) ++stage;
    }
    result_.error_s = comparable_median_s(run_.summary) - run_.plan.latency_s;
    result_.residual_s = result_.error_s;
    for (const ErrorComponent& part : result_.machines) result_.residual_s -= part.change_s();
    for (const ErrorComponent& part : result_.links) result_.residual_s -= part.change_s();
    return result_;
  }

 private:
  void add(const TimelineItem& item, std::size_t stage) {
    const std::vector<HopSummary>& hops = run_.summary.hops;
    const HopSummary* hop = stage < hops.size() ? &hops[stage] : nullptr;
    if (item.is_transfer && hop == nullptr) {
      // The answer's way back: part of the measured time of the last hop, and not measured alone.
      if (result_.links.empty() || !result_.links.back().run_s) return;
      double& last_s = *result_.links.back().run_s;
      last_s = std::max(0.0, last_s - item.seconds);
      return;
    }
    if (item.is_transfer) {
      const Remeasured again = again_.transfer(item);
      ErrorComponent part{item.system, item.to, item.seconds, {}, again.seconds, again.failure};
      part.run_s = hop->passing.median;
      result_.links.push_back(std::move(part));
      return;
    }
    ErrorComponent& part = machine(item.system);
    const Remeasured again = again_.stage(item);
    part.planned_s += item.seconds;
    if (hop && part.run_s) *part.run_s += hop->compute.median;
    if (again.seconds && part.remeasured_s) {
      *part.remeasured_s += item.setup_s + *again.seconds;  // setup times are not measured again
    } else {
      part.remeasured_s.reset();
      part.failure = again.failure;
    }
  }

  ErrorComponent& machine(const std::string& system) {
    for (ErrorComponent& part : result_.machines) {
      if (part.system == system) return part;
    }
    result_.machines.push_back({system, {}, 0, 0.0, 0.0, {}});
    return result_.machines.back();
  }

  const PlanRun& run_;
  Remeasurement& again_;
  PredictionError result_;
};

// --- In words ---

std::string signed_duration(double seconds) {
  return (seconds < 0 ? "-" : "+") + format_duration(std::abs(seconds));
}

std::string name_of(const ErrorComponent& part) {
  return part.to.empty() ? part.system : part.system + " → " + part.to;
}

std::string line_of(const ErrorComponent& part) {
  constexpr double noticeable = 0.02;
  const std::string name = name_of(part);
  if (!part.remeasured_s) return fmt::format("  {}: not measured again: {}\n", name, part.failure);
  const double change = relative_error(*part.remeasured_s, part.planned_s);
  if (std::abs(change) < noticeable) return fmt::format("  {}: as planned\n", name);
  return fmt::format("  {}: {} than when it was {}: {}, now {}\n", name,
                     text::ratio_text(*part.remeasured_s, part.planned_s, "faster", "slower"),
                     part.to.empty() ? "benchmarked" : "measured", signed_duration(part.change_s()),
                     format_duration(*part.remeasured_s));
}

/// How the run differs from what was measured last, over these parts.
double run_difference(const std::vector<ErrorComponent>& parts) {
  double seconds = 0;
  for (const ErrorComponent& part : parts) {
    if (part.run_s) seconds += *part.run_s - part.remeasured_s.value_or(part.planned_s);
  }
  return seconds;
}

/// Which part of the rest is the largest in the direction of the error.
std::string cost_model_error(const PredictionError& error, double sign) {
  const double compute_s = sign * run_difference(error.machines);
  const double transfer_s = sign * run_difference(error.links);
  const double other_s = sign * error.residual_s - compute_s - transfer_s;
  const char* than = sign > 0 ? "longer" : "less time";
  if (compute_s >= std::max(transfer_s, other_s)) {
    return fmt::format("stages take {} than the sums of their blocks", than);
  }
  if (transfer_s >= other_s) return fmt::format("transfers take {} than probes", than);
  return "time that is neither a stage's nor a transfer's";
}

/// What could not be measured again, by name; empty if all was.
std::string unmeasured(const PredictionError& error) {
  std::vector<std::string> names;
  for (const std::vector<ErrorComponent>* parts : {&error.machines, &error.links}) {
    for (const ErrorComponent& part : *parts) {
      if (!part.remeasured_s) names.push_back(name_of(part));
    }
  }
  if (names.empty()) return {};
  return fmt::format("{} {} not measured again", text::join(names, " and "),
                     names.size() == 1 ? "was" : "were");
}

std::string main_cause(const PredictionError& error) {
  const double sign = error.error_s < 0 ? -1 : 1;
  const ErrorComponent* largest = nullptr;
  for (const std::vector<ErrorComponent>* parts : {&error.machines, &error.links}) {
    for (const ErrorComponent& part : *parts) {
      if (!largest || sign * part.change_s() > sign * largest->change_s()) largest = &part;
    }
  }
  if (!largest || sign * error.residual_s >= sign * largest->change_s()) {
    if (const std::string names = unmeasured(error); !names.empty()) return "unknown: " + names;
    return "mostly the cost model: " + cost_model_error(error, sign);
  }
  return fmt::format("mostly {}{}, which has become {} since",
                     largest->to.empty() ? "" : "the link ", name_of(*largest),
                     sign > 0 ? "slower" : "faster");
}

}  // namespace

double ErrorComponent::change_s() const { return remeasured_s ? *remeasured_s - planned_s : 0; }

bool deviates_from_plan(const PlanRun& run) {
  const bool has_waited = !run.summary.limit_waits.empty();
  const Interval& measured =
      has_waited ? run.summary.unlimited_interval : run.summary.latency_interval;
  if (!run.switches.empty() || !std::isfinite(measured.high)) return false;
  if (run.plan.is_mean()) return false;  // no median to compare with
  const double planned_s = run.plan.latency_s;
  const Interval planned = run.planned_interval.value_or(Interval{planned_s / 2, 2 * planned_s});
  const double off = relative_error(comparable_median_s(run.summary), planned_s);
  return std::abs(off) >= min_relative_error &&
         (measured.low > planned.high || measured.high < planned.low);
}

void attribute_errors(std::vector<PlanRun>& runs, const Clients& workers,
                      const GatherOptions& options, const std::function<bool()>& should_continue) {
  Remeasurement again(workers, options);
  for (PlanRun& run : runs) {
    if (deviates_from_plan(run)) run.explanation = Attribution(run, again).explain(should_continue);
  }
}

std::string format_explanation(const PlanRun& run) {
  if (!run.explanation) return {};
  const PredictionError& error = *run.explanation;
  std::string text = fmt::format("off by {}, more than the intervals allow; measured again:\n",
                                 signed_duration(error.error_s));
  for (const ErrorComponent& part : error.machines) text += line_of(part);
  for (const ErrorComponent& part : error.links) text += line_of(part);
  const double compute_s = run_difference(error.machines);
  const double transfer_s = run_difference(error.links);
  const std::string names = unmeasured(error);
  text += fmt::format("  left{}: {} (compute {}, transfers {}, other {})\n",
                      names.empty() ? " for the cost model" : ", as " + names,
                      signed_duration(error.residual_s), signed_duration(compute_s),
                      signed_duration(transfer_s),
                      signed_duration(error.residual_s - compute_s - transfer_s));
  return text + main_cause(error) + "\n";
}

}  // namespace scission::runtime
