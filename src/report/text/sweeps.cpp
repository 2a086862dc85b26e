// The analysis of sweeps, and replays, as text.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

using text::Align;
using text::Column;
using text::format_percent;
using text::Table;

std::string share_of(std::size_t count, std::size_t all) {
  return format_percent(static_cast<double>(count) / static_cast<double>(all));
}

constexpr std::size_t max_files_named = 6;

// --- What was read ---

std::string faults_line(const SweepReading& reading, SweepFault fault) {
  const std::size_t count = reading.count(fault);
  if (count == 0) return {};
  std::vector<std::string> files;
  for (const FaultyFile& file : reading.faults) {
    if (file.fault != fault || files.size() == max_files_named) continue;
    const bool has_message = fault != SweepFault::missing;
    files.push_back(has_message ? fmt::format("{} ({})", file.file, file.message) : file.file);
  }
  if (count > files.size()) files.push_back(fmt::format("and {} more", count - files.size()));
  return fmt::format("  {} {}: {}\n", count, to_string(fault), text::join(files, ", "));
}

std::string noise_line(const AdaptivityAnalysis& analysis) {
  const LatencyNoise& noise = analysis.noise;
  switch (noise.source) {
    case NoiseSource::intervals:
      return fmt::format("  noise of a latency: {} (by the times' 95 % intervals)\n",
                         format_percent(noise.typical));
    case NoiseSource::grid:
      return fmt::format(
          "  noise of a latency: {} (what {} leave unexplained; {} degrees of freedom)\n",
          format_percent(noise.typical),
          noise.order == 1 ? "the factors one by one"
                           : fmt::format("effects of up to {} factors", noise.order),
          noise.degrees);
    default:
      return "  noise of a latency: unknown, so nothing can be tested against it\n";
  }
}

std::string sweep_heading(const AnalysedSweep& sweep) {
  const Sweep& grid = sweep.reading.sweep;
  std::string text = fmt::format("{}: {} of {} conditions, {} plans\n", grid.model,
                                 grid.conditions.size(), sweep.reading.expected, grid.plans.size());
  for (const SweepFault fault :
       {SweepFault::damaged, SweepFault::incomplete, SweepFault::missing}) {
    text += faults_line(sweep.reading, fault);
  }
  const std::vector<int>& baseline = sweep.analysis.baseline;
  text += fmt::format("  baseline {}: {}\n", format_condition_code(grid, baseline),
                      describe_condition(grid, baseline));
  return text + noise_line(sweep.analysis);
}

// --- Whether it pays ---

std::string sweep_verdict(const AnalysedSweep& sweep, double min_gain, TextWidth width) {
  const AdaptivityAnalysis& analysis = sweep.analysis;
  const std::size_t all = analysis.conditions.size();
  const std::string least = fmt::format("{:g} %", 100 * min_gain);
  const bool knows_noise = analysis.noise.source != NoiseSource::none;
  Table table({{"finding", Align::left}, {"conditions"}, {"share"}}, width);
  const auto add = [&](const std::string& what, std::size_t count, bool is_known = true) {
    table.add(
        {what, is_known ? std::to_string(count) : "-", is_known ? share_of(count, all) : "-"});
  };
  add("another plan than the baseline's is the best", analysis.changed);
  add("  beyond noise, by the likely best", analysis.changed_beyond_noise, knows_noise);
  add("repartitioning gains more than " + least, analysis.worthwhile);
  add("  beyond noise, by the likely best", analysis.worthwhile_beyond_noise, knows_noise);
  return "\n" + table.text();
}

std::string averages(const AnalysedSweep& sweep) {
  const AdaptivityAnalysis& analysis = sweep.analysis;
  std::string text =
      fmt::format("gain: {} on average; keeping costs {} at worst\n",
                  format_percent(analysis.mean_gain), format_percent(analysis.worst_regret));
  if (analysis.null_expectation) {
    text += fmt::format(
        "noise alone, without any effect of a condition, would promise {} and other plans in {}\n",
        format_percent(analysis.null_expectation->mean_gain),
        format_percent(analysis.null_expectation->changed_share));
  }
  if (analysis.predicted_gain) {
    const Estimate& gain = *analysis.predicted_gain;
    text += fmt::format(
        "the plan that the other conditions suggest gains {} (95 % interval {:.1f} - {:.1f})\n",
        format_percent(gain.value), 100 * gain.interval.low, 100 * gain.interval.high);
  }
  if (analysis.best_static) {
    const StaticPlan& plan = *analysis.best_static;
    text += fmt::format(
        "the best plan to keep everywhere, {}, gains {} (of the geometric mean); it costs {} at "
        "worst\n",
        sweep.reading.sweep.plans[plan.plan].label, format_percent(plan.gain_over_baseline),
        format_percent(plan.worst_regret));
  }
  return text;
}

// --- Tables: each begins with an empty line, or is empty ---

/// A star where it is more than the rest explains, p < 0.001.
std::string share_cell(const FactorEffect* effect) {
  if (effect == nullptr) return "-";
  return format_percent(effect->variance_share) + (effect->p < 0.001 ? "*" : " ");
}

std::string format_gain_interval(const ConditionResult& result) {
  const Interval& interval = result.gain_interval;
  if (interval.high <= interval.low) return "-";
  return fmt::format("{:.1f} - {:.1f}", 100 * interval.low, 100 * interval.high);
}

std::string effects_table(const AnalysedSweep& sweep, TextWidth width) {
  const std::vector<VarianceDecomposition>& all = sweep.analysis.decompositions;
  if (all.empty()) return {};
  std::vector<Column> columns = {{"share of the variance of", Align::left}};
  std::vector<std::string> rest = {"none of them"};
  std::vector<std::string> noise = {"noise, as estimated"};
  for (const VarianceDecomposition& one : all) {
    columns.push_back({to_string(one.response)});
    rest.push_back(format_percent(one.residual_share) + " ");
    noise.push_back(one.noise_share ? format_percent(*one.noise_share) + " " : "-");
  }
  Table table(columns, width);
  const std::vector<FactorEffect>& order = all.back().effects;
  for (std::size_t i = 0; i < std::min(order.size(), max_shown_effects); ++i) {
    std::vector<std::string> row = {describe_effect(sweep.reading.sweep, order[i].factors)};
    for (const VarianceDecomposition& one : all) {
      row.push_back(share_cell(one.find(order[i].factors)));
    }
    table.add(row);
  }
  if (order.size() > max_shown_effects) {
    const std::size_t more = order.size() - max_shown_effects;
    std::vector<std::string> row = {more == 1 ? "another one" : fmt::format("{} others", more)};
    for (const VarianceDecomposition& one : all) {
      double share = 0;
      for (std::size_t i = max_shown_effects; i < order.size(); ++i) {
        const FactorEffect* effect = one.find(order[i].factors);
        share += effect ? effect->variance_share : 0;
      }
      row.push_back(format_percent(share) + " ");
    }
    table.add(row);
  }
  table.add(rest);
  table.add(noise);
  const bool is_balanced = all.front().is_balanced;
  return "\n" + table.text() +
         (is_balanced ? "" : "Conditions are missing, so that the shares do not sum up to 1.\n");
}

std::string levels_table(const AnalysedSweep& sweep, TextWidth width) {
  Table table({{"factor", Align::left},
               {"level"},
               {"conditions"},
               {"best"},
               {"kept"},
               {"mean gain"},
               {"other best"},
               {"pays"},
               {"beyond noise"}},
              width);
  for (const LevelSummary& level : sweep.analysis.levels) {
    const Factor& factor = sweep.reading.sweep.factors[static_cast<std::size_t>(level.factor)];
    table.add({factor.name, describe_level(factor, level.level), std::to_string(level.conditions),
               format_duration(level.best_s), format_duration(level.baseline_s),
               format_percent(level.mean_gain), share_of(level.changed, level.conditions),
               share_of(level.worthwhile, level.conditions),
               share_of(level.worthwhile_beyond_noise, level.conditions)});
  }
  return sweep.analysis.levels.empty()
             ? ""
             : "\n" + table.text() + "best and kept are geometric means over the conditions.\n";
}

std::string plan_sets_table(const AnalysedSweep& sweep, TextWidth width) {
  if (sweep.plan_sets.empty()) return {};
  Table table({{"within"}, {"plans"}, {"which (near in conditions)", Align::left}}, width);
  for (const PlanSet& set : sweep.plan_sets) {
    std::vector<std::string> plans;
    for (std::size_t i = 0; i < set.plans.size(); ++i) {
      plans.push_back(
          fmt::format("{} ({})", sweep.reading.sweep.plans[set.plans[i]].label, set.conditions[i]));
    }
    const std::string count =
        set.is_minimal ? std::to_string(set.plans.size())
                       : fmt::format("{} (at least {})", set.plans.size(), set.lower_bound);
    table.add({fmt::format("{:g} %", 100 * set.tolerance), count, text::join(plans, ", ")});
  }
  return "\n" + table.text();
}

std::string conditions_table(const AnalysedSweep& sweep, TextWidth width) {
  const Sweep& grid = sweep.reading.sweep;
  Table table({{"condition", Align::left},
               {"kept"},
               {"latency"},
               {"best"},
               {"latency"},
               {"gain"},
               {"likely best"},
               {"of"},
               {"gain"},
               {"95 % interval"},
               {"beyond noise", Align::left}},
              width);
  for (const ConditionResult& result : sweep.analysis.conditions) {
    table.add({format_condition_code(grid, grid.conditions[result.condition].levels),
               grid.plans[result.baseline_plan].label, format_duration(result.baseline_s),
               grid.plans[result.best_plan].label, format_duration(result.best_s),
               format_percent(result.gain), grid.plans[result.candidates[0]].label,
               std::to_string(result.candidates.size()), format_percent(result.likely_gain),
               format_gain_interval(result), result.is_worthwhile_beyond_noise ? "pays" : ""});
  }
  return "\n" + table.text();
}

// --- Predicted and measured ---

std::string rows_of(const SweepComparison& comparison, const Sweep& measured, TextWidth width) {
  Table table({{"condition", Align::left},
               {"measured best", Align::left},
               {"predicted best", Align::left},
               {"loss"}},
              width);
  for (const ConditionComparison& row : comparison.conditions) {
    if (row.measured_best == row.predicted_best) continue;
    table.add({describe_condition(measured, measured.conditions[row.condition].levels),
               measured.plans[row.measured_best].label, measured.plans[row.predicted_best].label,
               format_percent(row.regret)});
  }
  return table.text();
}

std::string comparison_text(const SweepComparison& comparison, const Sweep& measured,
                            bool shows_conditions, TextWidth width) {
  std::string text = fmt::format(
      "\nComparison with the prediction, {} times in {} conditions:\n"
      "  error             median {}, 90th percentile {}, bias {:+.1f} %\n"
      "  best plan         right in {} conditions ({})\n"
      "  right or within {} of the best in {} conditions ({})\n",
      comparison.times, comparison.conditions.size(), format_percent(comparison.median_error),
      format_percent(comparison.p90_error), 100 * comparison.median_bias, comparison.exact,
      share_of(comparison.exact, comparison.conditions.size()),
      format_percent(comparison.tolerance), comparison.within_tolerance,
      share_of(comparison.within_tolerance, comparison.conditions.size()));
  if (shows_conditions && comparison.exact < comparison.conditions.size()) {
    text += "\n" + rows_of(comparison, measured, width);
  }
  return text;
}

std::string section(const AnalysedSweep& sweep, double min_gain, bool shows_conditions,
                    TextWidth width) {
  return text::fitted_lines(sweep_heading(sweep), width) + sweep_verdict(sweep, min_gain, width) +
         text::fitted_lines(averages(sweep), width) + effects_table(sweep, width) +
         levels_table(sweep, width) + plan_sets_table(sweep, width) +
         (shows_conditions ? conditions_table(sweep, width) : "") +
         (sweep.comparison
              ? comparison_text(*sweep.comparison, sweep.reading.sweep, shows_conditions, width)
              : "");
}

/// A row for each of several sweeps.
std::string overview(const std::vector<AnalysedSweep>& sweeps, TextWidth width) {
  Table table({{"model", Align::left},
               {"conditions"},
               {"other best"},
               {"pays"},
               {"beyond noise"},
               {"mean gain"},
               {"worst regret"}},
              width);
  for (const AnalysedSweep& sweep : sweeps) {
    const AdaptivityAnalysis& analysis = sweep.analysis;
    const bool knows_noise = analysis.noise.source != NoiseSource::none;
    table.add({sweep.reading.sweep.model, std::to_string(analysis.conditions.size()),
               std::to_string(analysis.changed), std::to_string(analysis.worthwhile),
               knows_noise ? std::to_string(analysis.worthwhile_beyond_noise) : "-",
               format_percent(analysis.mean_gain), format_percent(analysis.worst_regret)});
  }
  return table.text();
}

// --- A replay ---

void add_strategy(Table& table, const StrategyResult& strategy) {
  table.add({strategy.name, format_duration(strategy.mean_s()),
             format_duration(quantile(strategy.latencies_s, 0.95)),
             fmt::format("{:.2f} %", 100 * strategy.regret), fmt::format("{}", strategy.switches),
             fmt::format("{}", strategy.timeouts), format_duration(strategy.downtime_s),
             fmt::format("{}", count_plans(strategy)), fmt::format("{}", strategy.probes),
             format_bytes(strategy.probe_bytes)});
}

}  // namespace

std::string format_analysis(const std::vector<AnalysedSweep>& sweeps, double min_gain,
                            bool shows_conditions, TextWidth width) {
  std::string text;
  for (const AnalysedSweep& sweep : sweeps) {
    text += (text.empty() ? "" : "\n") + section(sweep, min_gain, shows_conditions, width);
  }
  return sweeps.size() > 1 ? text + "\n" + overview(sweeps, width) : text;
}

std::string format_replay(const ReplayResult& result, TextWidth width) {
  std::string text = fmt::format("{} requests", result.times_s.size());
  if (result.unservable > 0) {
    text += fmt::format(", and {} while no plan could run", result.unservable);
  }
  text += '\n';
  if (result.times_s.empty()) return text;
  Table table({{"strategy", Align::left},
               {"mean"},
               {"p95"},
               {"regret"},
               {"switches"},
               {"timeouts"},
               {"downtime"},
               {"plans"},
               {"probes"},
               {"probed"}},
              width);
  for (const StrategyResult* strategy : strategies_of(result)) add_strategy(table, *strategy);
  const std::string meanings =
      "oracle: knows the trace, and switches at no cost; naive: the best plan by a measurement of "
      "everything a moment ago, which no real strategy has; static best: the best single plan in "
      "hindsight; regret: all latencies relative to the oracle's.\n";
  return text + table.text() + text::fitted(meanings, width.value_or(100));
}

}  // namespace scission
