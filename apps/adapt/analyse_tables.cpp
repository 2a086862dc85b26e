#include "analyse_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base/units.hpp"
#include "table.hpp"

namespace scission::apps {
namespace {

constexpr std::size_t most_effects = 12;

std::string name_of_effect(const Sweep& grid, const FactorEffect& effect) {
  std::vector<std::string> names;
  for (const int factor : effect.factors) {
    names.push_back(grid.factors[static_cast<std::size_t>(factor)].name);
  }
  return text::join(names, " × ");
}

const FactorEffect* find_effect(const VarianceDecomposition& decomposition,
                                const std::vector<int>& factors) {
  const auto found =
      std::find_if(decomposition.effects.begin(), decomposition.effects.end(),
                   [&](const FactorEffect& effect) { return effect.factors == factors; });
  return found == decomposition.effects.end() ? nullptr : &*found;
}

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

}  // namespace

std::string share_of(std::size_t count, std::size_t all) {
  return format_percent(static_cast<double>(count) / static_cast<double>(all));
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
  for (std::size_t i = 0; i < std::min(order.size(), most_effects); ++i) {
    std::vector<std::string> row = {name_of_effect(sweep.grid(), order[i])};
    for (const VarianceDecomposition& one : all)
      row.push_back(share_cell(find_effect(one, order[i].factors)));
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
    const Factor& factor = sweep.grid().factors[static_cast<std::size_t>(level.factor)];
    table.add({factor.name, describe_level(factor, level.level), std::to_string(level.conditions),
               format_duration(level.best_s), format_duration(level.baseline_s),
               format_percent(level.mean_gain), share_of(level.changed, level.conditions),
               share_of(level.worthwhile, level.conditions),
               share_of(level.worthwhile_beyond_noise, level.conditions)});
  }
  return sweep.analysis.levels.empty() ? "" : "\n" + table.text();
}

std::string covers_table(const AnalysedSweep& sweep) {
  if (sweep.covers.empty()) return {};
  Table table(
      {{"within"}, {"plans"}, {"which (in how many conditions each is that near)", Align::left}});
  for (const PlanSet& cover : sweep.covers) {
    std::vector<std::string> plans;
    for (std::size_t i = 0; i < cover.plans.size(); ++i) {
      plans.push_back(
          fmt::format("{} ({})", sweep.grid().plans[cover.plans[i]].label, cover.conditions[i]));
    }
    const std::string count =
        cover.is_minimal ? std::to_string(cover.plans.size())
                         : fmt::format("{} (at least {})", cover.plans.size(), cover.lower_bound);
    table.add({fmt::format("{:g} %", 100 * cover.tolerance), count, text::join(plans, ", ")});
  }
  return "\n" + table.text();
}

std::string conditions_table(const AnalysedSweep& sweep) {
  const Sweep& grid = sweep.grid();
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

}  // namespace scission::apps
