// The analysis of sweeps for people.
#include <fmt/format.h>

#include <algorithm>

#include "analyse.hpp"
#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base/units.hpp"
#include "table.hpp"

namespace scission::apps {
namespace {

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

std::string heading(const AnalysedSweep& sweep) {
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

std::string verdict(const AnalysedSweep& sweep, const AnalyseRequest& request) {
  const AdaptivityAnalysis& analysis = sweep.analysis;
  const std::size_t all = analysis.conditions.size();
  const std::string least = fmt::format("{:g} %", 100 * request.options.min_gain);
  const bool knows_noise = analysis.noise.source != NoiseSource::none;
  Table table({{"", Align::left}, {"conditions"}, {"share"}});
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
    text += fmt::format("the best plan to keep everywhere, {}, gains {}; it costs {} at worst\n",
                        sweep.reading.sweep.plans[plan.plan].label,
                        format_percent(plan.gain_over_baseline), format_percent(plan.worst_regret));
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

std::string effects_table(const AnalysedSweep& sweep) {
  const std::vector<VarianceDecomposition>& all = sweep.analysis.decompositions;
  if (all.empty()) return {};
  std::vector<Column> columns = {{"share of the variance of", Align::left}};
  std::vector<std::string> rest = {"rest"};
  std::vector<std::string> noise = {"noise, as estimated"};
  for (const VarianceDecomposition& one : all) {
    columns.push_back({to_string(one.response)});
    rest.push_back(format_percent(one.residual_share) + " ");
    noise.push_back(one.noise_share ? format_percent(*one.noise_share) + " " : "-");
  }
  Table table(columns);
  const std::vector<FactorEffect>& order = all.back().effects;
  for (std::size_t i = 0; i < std::min(order.size(), max_shown_effects); ++i) {
    std::vector<std::string> row = {describe_effect(sweep.reading.sweep, order[i].factors)};
    for (const VarianceDecomposition& one : all) {
      row.push_back(share_cell(one.find(order[i].factors)));
    }
    table.add(row);
  }
  table.add(rest);
  table.add(noise);
  const bool is_balanced = all.front().is_balanced;
  return "\n" + table.text() +
         (is_balanced ? "" : "Conditions are missing, so that the shares do not sum up to 1.\n");
}

std::string levels_table(const AnalysedSweep& sweep) {
  Table table({{"factor", Align::left},
               {"level"},
               {"conditions"},
               {"best"},
               {"kept"},
               {"mean gain"},
               {"other best"},
               {"pays"},
               {"beyond noise"}});
  for (const LevelSummary& level : sweep.analysis.levels) {
    const Factor& factor = sweep.reading.sweep.factors[static_cast<std::size_t>(level.factor)];
    table.add({factor.name, describe_level(factor, level.level), std::to_string(level.conditions),
               format_duration(level.best_s), format_duration(level.baseline_s),
               format_percent(level.mean_gain), share_of(level.changed, level.conditions),
               share_of(level.worthwhile, level.conditions),
               share_of(level.worthwhile_beyond_noise, level.conditions)});
  }
  return sweep.analysis.levels.empty() ? "" : "\n" + table.text();
}

std::string plan_sets_table(const AnalysedSweep& sweep) {
  if (sweep.plan_sets.empty()) return {};
  Table table(
      {{"within"}, {"plans"}, {"which (in how many conditions each is that near)", Align::left}});
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

std::string conditions_table(const AnalysedSweep& sweep) {
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
               {"beyond noise", Align::left}});
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

std::string rows_of(const SweepComparison& comparison, const Sweep& measured) {
  Table table({{"condition", Align::left},
               {"measured best", Align::left},
               {"predicted best", Align::left},
               {"loss"}});
  for (const ConditionComparison& row : comparison.conditions) {
    if (row.measured_best == row.predicted_best) continue;
    table.add({describe_condition(measured, measured.conditions[row.condition].levels),
               measured.plans[row.measured_best].label, measured.plans[row.predicted_best].label,
               format_percent(row.regret)});
  }
  return table.text();
}

std::string comparison_text(const SweepComparison& comparison, const Sweep& measured,
                            bool shows_conditions) {
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
    text += "\n" + rows_of(comparison, measured);
  }
  return text;
}

}  // namespace

std::string format_section(const AnalysedSweep& sweep, const AnalyseRequest& request) {
  return heading(sweep) + verdict(sweep, request) + averages(sweep) + effects_table(sweep) +
         levels_table(sweep) + plan_sets_table(sweep) +
         (request.shows_conditions ? conditions_table(sweep) : "") +
         (sweep.comparison
              ? comparison_text(*sweep.comparison, sweep.reading.sweep, request.shows_conditions)
              : "");
}

std::string format_overview(const std::vector<AnalysedSweep>& sweeps) {
  Table table({{"model", Align::left},
               {"conditions"},
               {"other best"},
               {"pays"},
               {"beyond noise"},
               {"mean gain"},
               {"worst regret"}});
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

}  // namespace scission::apps
