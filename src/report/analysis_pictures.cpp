// All pictures of an analysed sweep, and the factors of their axes.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

int factor_named(const Sweep& grid, const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < grid.factors.size(); ++i) {
    if (grid.factors[i].name == name) return static_cast<int>(i);
    names.push_back(grid.factors[i].name);
  }
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is not a factor; the factors are {}", name, text::join(names, ", ")),
      place);
}

/// The two that explain most of the regret, or else the first two.
std::vector<int> factors_that_matter(const AnalysedSweep& sweep) {
  std::vector<int> factors;
  if (!sweep.analysis.decompositions.empty()) {
    for (const FactorEffect& effect : sweep.analysis.decompositions.back().effects) {
      if (effect.factors.size() == 1) factors.push_back(effect.factors[0]);
    }
  }
  for (int i = 0; i < static_cast<int>(sweep.reading.sweep.factors.size()); ++i) {
    if (std::find(factors.begin(), factors.end(), i) == factors.end()) factors.push_back(i);
  }
  return factors;
}

std::vector<int> two_factors(const AnalysedSweep& sweep, const AnalysisPictureOptions& options) {
  std::vector<int> factors;
  for (const std::string& name : options.map_factors) {
    factors.push_back(factor_named(sweep.reading.sweep, name, options.map_place));
  }
  const std::size_t count = factors.size();
  if (count == 0) factors = factors_that_matter(sweep);
  if (count == 1 || count > 2 || (count == 2 && factors[0] == factors[1])) {
    throw Error(ErrorCode::invalid_argument, "names two factors, as --map network,edge-load",
                options.map_place);
  }
  factors.resize(std::min<std::size_t>(2, factors.size()));
  return factors;
}

/// All factors, those that matter most outermost; wider than high, as the labels are upright.
PlanMap whole_map(const AnalysedSweep& sweep) {
  PlanMap map;
  std::size_t across = 1;
  std::size_t down = 1;
  for (const int factor : factors_that_matter(sweep)) {
    const std::size_t levels =
        sweep.reading.sweep.factors[static_cast<std::size_t>(factor)].levels.size();
    const bool goes_across = across == 1 || (down > 1 && across <= 3 * down);
    (goes_across ? across : down) *= levels;
    (goes_across ? map.across : map.down).push_back(factor);
  }
  return map;
}

void remove_script(const std::filesystem::path& folder, const std::string& stem) {
  std::error_code ignored;
  std::filesystem::remove(folder / (stem + ".gp"), ignored);
}

}  // namespace

std::vector<std::string> draw_answer(const PartitionProblem& problem, const Query& query,
                                     const QueryAnswer& answer, const std::filesystem::path& folder,
                                     bool keeps_scripts) {
  std::vector<std::string> stems;
  const auto next_stem = [&](const std::string& name) {
    return stems.emplace_back(picture_stem(problem.model + "-" + name));
  };
  const Plan& best = answer.result.plans.at(0);
  draw_plan(problem, best, query.input_bytes, folder,
            next_stem(fmt::format("{:.2f}s", best.cost.latency_s)));
  if (answer.pareto && !answer.pareto->front.plans.empty()) {
    draw_pareto(problem, query, answer.pareto->front, answer.pareto->metrics, folder,
                next_stem("pareto"));
  }
  for (const SensitivityAnswer& one : answer.sensitivity) {
    if (one.ranges.empty()) continue;
    draw_sensitivity(problem, query, one.ranges, format_target(one), one.present_value, folder,
                     next_stem("sensitivity-" + one.from + (one.to ? "-" + *one.to : "")));
  }
  for (const std::string& stem : stems) {
    if (!keeps_scripts) remove_script(folder, stem);
  }
  return stems;
}

void draw_analysis(const AnalysedSweep& sweep, const AnalysisPictureOptions& options,
                   const std::filesystem::path& folder, const std::string& stem) {
  const Sweep& grid = sweep.reading.sweep;
  if (!grid.factors.empty()) {
    const std::vector<int> two = two_factors(sweep, options);
    const std::vector<int> second(two.begin() + 1, two.end());
    draw_best_plans(grid, sweep.analysis, {{two[0]}, second}, folder, stem + "-best");
    draw_best_plans(grid, sweep.analysis, whole_map(sweep), folder, stem + "-map");
  }
  draw_regret(grid, sweep.analysis, options.min_gain, folder, stem + "-regret");
  if (!sweep.analysis.decompositions.empty()) {
    draw_effects(grid, sweep.analysis, folder, stem + "-effects");
  }
}

void write_analysis_files(const std::vector<AnalysedSweep>& sweeps,
                          const AnalysisPictureOptions& options, const AnalysisFiles& files) {
  const std::vector<std::string> stems = file_stems(sweeps);
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    if (!files.tables.empty()) write_analysis_csv(sweeps[i], files.tables, stems[i]);
    if (files.pictures.empty()) continue;
    draw_analysis(sweeps[i], options, files.pictures, stems[i]);
    if (files.keeps_scripts) continue;
    for (const char* picture : {"best", "map", "regret", "effects"}) {
      remove_script(files.pictures, stems[i] + "-" + picture);
    }
  }
}

}  // namespace scission
