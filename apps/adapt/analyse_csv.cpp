#include <fmt/format.h>

#include <filesystem>

#include "analyse.hpp"
#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace scission::apps {
namespace {

std::string interval_cells(const Interval& interval) {
  if (interval.high <= interval.low) return ",";
  return fmt::format("{},{}", interval.low, interval.high);
}

int flag(bool value) { return value ? 1 : 0; }

/// The factors' levels are columns of their own.
std::string conditions_csv(const AnalysedSweep& sweep) {
  const AdaptiveGrid& grid = sweep.grid();
  std::string text = "condition,";
  for (const Factor& factor : grid.factors) text += csv_cell(factor.name) + ",";
  text +=
      "kept,kept_s,best,best_s,best_low_s,best_high_s,candidates,gain,likely,likely_gain,gain_low,"
      "gain_high,regret,p,"
      "false_discovery_rate,changes,changes_beyond_noise,pays,pays_beyond_noise,predicted,"
      "predicted_gain\n";
  for (const ConditionResult& result : sweep.analysis.conditions) {
    const std::vector<int>& levels = grid.conditions[result.condition].levels;
    text += condition_code(grid, levels) + ",";
    for (std::size_t i = 0; i < levels.size(); ++i) {
      text += csv_cell(grid.factors[i].levels[static_cast<std::size_t>(levels[i])]) + ",";
    }
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                        csv_cell(grid.plans[result.kept].label), result.kept_s,
                        csv_cell(grid.plans[result.best].label), result.best_s,
                        interval_cells(result.best_interval), result.candidates.size(), result.gain,
                        csv_cell(grid.plans[result.candidates[0]].label), result.likely_gain,
                        interval_cells(result.gain_interval), result.regret, result.p,
                        result.false_discovery_rate, flag(result.changes),
                        flag(result.changes_beyond_noise), flag(result.pays),
                        flag(result.pays_beyond_noise),
                        result.predicted ? csv_cell(grid.plans[*result.predicted].label) : "",
                        result.predicted ? fmt::format("{}", result.predicted_gain) : "");
  }
  return text;
}

std::string levels_csv(const AnalysedSweep& sweep) {
  std::string text =
      "factor,level,conditions,best_s,kept_s,mean_gain,changes,pays,pays_beyond_noise\n";
  for (const LevelSummary& level : sweep.analysis.levels) {
    const Factor& factor = sweep.grid().factors[static_cast<std::size_t>(level.factor)];
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_cell(factor.name),
                        csv_cell(factor.levels[static_cast<std::size_t>(level.level)]),
                        level.conditions, level.best_s, level.kept_s, level.mean_gain,
                        level.changes, level.pays, level.pays_beyond_noise);
  }
  return text;
}

std::string effects_csv(const AnalysedSweep& sweep) {
  std::string text = "of,effect,degrees,share,p\n";
  for (const Decomposition& decomposition : sweep.analysis.decompositions) {
    const std::string of = to_string(decomposition.response);
    for (const Effect& effect : decomposition.effects) {
      std::vector<std::string> names;
      for (const int factor : effect.factors) {
        names.push_back(sweep.grid().factors[static_cast<std::size_t>(factor)].name);
      }
      text += fmt::format("{},{},{},{},{}\n", of, csv_cell(text::join(names, " × ")),
                          effect.degrees, effect.share, effect.p);
    }
    text += fmt::format("{},rest,{},{},\n", of, decomposition.rest_degrees, decomposition.rest);
    if (decomposition.noise) text += fmt::format("{},noise,,{},\n", of, *decomposition.noise);
  }
  return text;
}

std::string covers_csv(const AnalysedSweep& sweep) {
  std::string text = "within,is_smallest,at_least,plan,conditions\n";
  for (const PlanCover& cover : sweep.covers) {
    for (std::size_t i = 0; i < cover.plans.size(); ++i) {
      text += fmt::format("{},{},{},{},{}\n", cover.within, flag(cover.is_smallest), cover.at_least,
                          csv_cell(sweep.grid().plans[cover.plans[i]].label), cover.conditions[i]);
    }
  }
  return text;
}

}  // namespace

void write_analysis_csv(const AnalysedSweep& sweep, const std::string& folder,
                        const std::string& stem) {
  const std::filesystem::path to(folder);
  make_folder(to);
  write_file_atomically(to / (stem + "-conditions.csv"), conditions_csv(sweep));
  write_file_atomically(to / (stem + "-levels.csv"), levels_csv(sweep));
  write_file_atomically(to / (stem + "-effects.csv"), effects_csv(sweep));
  write_file_atomically(to / (stem + "-plans.csv"), covers_csv(sweep));
}

}  // namespace scission::apps
