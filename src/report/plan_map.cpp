#include "report/plan_map.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

const Factor& factor_of(const Sweep& sweep, int factor) {
  return sweep.factors[static_cast<std::size_t>(factor)];
}

void check_factors(const Sweep& sweep, const PlanMap& map) {
  std::set<int> seen;
  for (const std::vector<int>& side : {map.across, map.down}) {
    for (const int factor : side) {
      if (factor < 0 || factor >= static_cast<int>(sweep.factors.size())) {
        throw Error(ErrorCode::invalid_argument, fmt::format("there is no factor {}", factor));
      }
      if (!seen.insert(factor).second) {
        throw Error(ErrorCode::invalid_argument,
                    "factor '" + factor_of(sweep, factor).name + "' is named twice");
      }
    }
  }
}

MapSide side_of(const Sweep& sweep, const std::vector<int>& factors) {
  MapSide side;
  side.levels = {{}};
  side.tics = {""};
  std::vector<std::string> names;
  for (const int index : factors) {
    const Factor& factor = factor_of(sweep, index);
    names.push_back(factor.unit.empty() ? factor.name
                                        : fmt::format("{} ({})", factor.name, factor.unit));
    MapSide longer;
    for (std::size_t place = 0; place < side.levels.size(); ++place) {
      for (std::size_t level = 0; level < factor.levels.size(); ++level) {
        longer.levels.push_back(side.levels[place]);
        longer.levels.back().push_back(static_cast<int>(level));
        longer.tics.push_back(side.tics[place] + (side.tics[place].empty() ? "" : " / ") +
                              factor.levels[level]);
      }
    }
    side.levels = std::move(longer.levels);
    side.tics = std::move(longer.tics);
  }
  side.title = text::join(names, " / ");
  return side;
}

bool has_levels(const Condition& condition, const std::vector<int>& factors,
                const std::vector<int>& levels) {
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (condition.levels[static_cast<std::size_t>(factors[i])] != levels[i]) return false;
  }
  return true;
}

/// Of ln(seconds); nothing where a condition has no time.
std::optional<double> mean_log(const Sweep& sweep,
                               const std::vector<const ConditionResult*>& results,
                               std::size_t plan) {
  double sum = 0;
  for (const ConditionResult* result : results) {
    const PlanTime& time = sweep.conditions[result->condition].times[plan];
    if (!time.is_measured()) return std::nullopt;
    sum += std::log(time.seconds);
  }
  return sum / static_cast<double>(results.size());
}

void fill_cell(const Sweep& sweep, std::size_t kept,
               const std::vector<const ConditionResult*>& results, MapCell& cell) {
  std::optional<double> best;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const std::optional<double> mean = mean_log(sweep, results, plan);
    if (!mean || (best && *mean >= *best)) continue;
    best = mean;
    cell.best = plan;
  }
  if (!best) return;
  cell.is_measured = true;
  const std::optional<double> of_kept = mean_log(sweep, results, kept);
  if (of_kept) cell.gain = 1 - std::exp(*best - *of_kept);
  cell.is_worthwhile_beyond_noise = results.size() == 1 && results[0]->is_worthwhile_beyond_noise;
}

MapCell cell_at(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map,
                const MapLayout& layout, std::size_t column, std::size_t row) {
  std::vector<const ConditionResult*> results;
  for (const ConditionResult& result : analysis.conditions) {
    const Condition& condition = sweep.conditions[result.condition];
    if (has_levels(condition, map.across, layout.across.levels[column]) &&
        has_levels(condition, map.down, layout.down.levels[row])) {
      results.push_back(&result);
    }
  }
  MapCell cell{column, row};
  if (!results.empty()) fill_cell(sweep, baseline_plan_of(sweep, analysis), results, cell);
  return cell;
}

std::vector<std::string> others_of(const Sweep& sweep, const PlanMap& map) {
  std::set<int> shown(map.across.begin(), map.across.end());
  shown.insert(map.down.begin(), map.down.end());
  std::vector<std::string> others;
  for (int i = 0; i < static_cast<int>(sweep.factors.size()); ++i) {
    if (!shown.contains(i)) others.push_back(factor_of(sweep, i).name);
  }
  return others;
}

}  // namespace

std::size_t baseline_plan_of(const Sweep& sweep, const AdaptivityAnalysis& analysis) {
  for (const ConditionResult& result : analysis.conditions) {
    if (sweep.conditions[result.condition].levels == analysis.baseline) return result.baseline_plan;
  }
  return analysis.conditions.front().baseline_plan;
}

MapLayout lay_out(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map) {
  check_factors(sweep, map);
  MapLayout layout{side_of(sweep, map.across), side_of(sweep, map.down), {}, {}};
  layout.others = others_of(sweep, map);
  for (std::size_t column = 0; column < layout.across.levels.size(); ++column) {
    for (std::size_t row = 0; row < layout.down.levels.size(); ++row) {
      layout.cells.push_back(cell_at(sweep, analysis, map, layout, column, row));
    }
  }
  return layout;
}

}  // namespace scission
