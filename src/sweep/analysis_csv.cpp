// The analysis of a sweep as CSV.
#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/sweep/sweep_analysis.hpp"

namespace scission {
namespace {

std::string interval_cells(const Interval& interval) {
  if (interval.high <= interval.low) return ",";
  return fmt::format("{},{}", interval.low, interval.high);
}

int flag(bool value) { return value ? 1 : 0; }

/// A column for each factor's level.
std::string conditions_csv(const AnalysedSweep& sweep) {
  const Sweep& grid = sweep.reading.sweep;
  std::string text = "condition,";
  for (const Factor& factor : grid.factors) text += csv_cell(factor.name) + ",";
  text +=
      "baseline_plan,baseline_s,best_plan,best_s,best_low_s,best_high_s,candidates,gain,likely_"
      "plan,likely_gain,gain_low,"
      "gain_high,regret,p,"
      "false_discovery_rate,is_changed,is_changed_beyond_noise,is_worthwhile,is_worthwhile_beyond_"
      "noise,predicted_plan,"
      "predicted_gain\n";
  for (const ConditionResult& result : sweep.analysis.conditions) {
    const std::vector<int>& levels = grid.conditions[result.condition].levels;
    text += format_condition_code(grid, levels) + ",";
    for (std::size_t i = 0; i < levels.size(); ++i) {
      text += csv_cell(grid.factors[i].levels[static_cast<std::size_t>(levels[i])]) + ",";
    }
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
        csv_cell(grid.plans[result.baseline_plan].label), result.baseline_s,
        csv_cell(grid.plans[result.best_plan].label), result.best_s,
        interval_cells(result.best_interval), result.candidates.size(), result.gain,
        csv_cell(grid.plans[result.candidates[0]].label), result.likely_gain,
        interval_cells(result.gain_interval), result.regret, result.p, result.false_discovery_rate,
        flag(result.is_changed), flag(result.is_changed_beyond_noise), flag(result.is_worthwhile),
        flag(result.is_worthwhile_beyond_noise),
        result.predicted_plan ? csv_cell(grid.plans[*result.predicted_plan].label) : "",
        result.predicted_plan ? fmt::format("{}", result.predicted_gain) : "");
  }
  return text;
}

std::string levels_csv(const AnalysedSweep& sweep) {
  std::string text =
      "factor,level,conditions,best_s,baseline_s,mean_gain,changed,worthwhile,worthwhile_beyond_"
      "noise\n";
  for (const LevelSummary& level : sweep.analysis.levels) {
    const Factor& factor = sweep.reading.sweep.factors[static_cast<std::size_t>(level.factor)];
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_cell(factor.name),
                        csv_cell(factor.levels[static_cast<std::size_t>(level.level)]),
                        level.conditions, level.best_s, level.baseline_s, level.mean_gain,
                        level.changed, level.worthwhile, level.worthwhile_beyond_noise);
  }
  return text;
}

std::string effects_csv(const AnalysedSweep& sweep) {
  std::string text = "response,effect,degrees,variance_share,p\n";
  for (const VarianceDecomposition& decomposition : sweep.analysis.decompositions) {
    const std::string of = to_string(decomposition.response);
    for (const FactorEffect& effect : decomposition.effects) {
      std::vector<std::string> names;
      for (const int factor : effect.factors) {
        names.push_back(sweep.reading.sweep.factors[static_cast<std::size_t>(factor)].name);
      }
      text += fmt::format("{},{},{},{},{}\n", of, csv_cell(text::join(names, " × ")),
                          effect.degrees, effect.variance_share, effect.p);
    }
    text += fmt::format("{},residual,{},{},\n", of, decomposition.residual_degrees,
                        decomposition.residual_share);
    if (decomposition.noise_share)
      text += fmt::format("{},noise,,{},\n", of, *decomposition.noise_share);
  }
  return text;
}

std::string plan_sets_csv(const AnalysedSweep& sweep) {
  std::string text = "tolerance,is_minimal,lower_bound,plan,conditions\n";
  for (const PlanSet& set : sweep.plan_sets) {
    for (std::size_t i = 0; i < set.plans.size(); ++i) {
      text +=
          fmt::format("{},{},{},{},{}\n", set.tolerance, flag(set.is_minimal), set.lower_bound,
                      csv_cell(sweep.reading.sweep.plans[set.plans[i]].label), set.conditions[i]);
    }
  }
  return text;
}

}  // namespace

void write_analysis_csv(const AnalysedSweep& sweep, const std::filesystem::path& folder,
                        const std::string& stem) {
  make_folder(folder);
  write_file_atomically(folder / (stem + "-conditions.csv"), conditions_csv(sweep));
  write_file_atomically(folder / (stem + "-levels.csv"), levels_csv(sweep));
  write_file_atomically(folder / (stem + "-effects.csv"), effects_csv(sweep));
  write_file_atomically(folder / (stem + "-plans.csv"), plan_sets_csv(sweep));
}

}  // namespace scission
