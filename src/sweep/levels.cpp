#include <cmath>

#include "sweep/effects.hpp"

namespace scission {
namespace {

void add(const ConditionResult& result, LevelSummary& level) {
  ++level.conditions;
  level.best_s += std::log(result.best_s);
  level.kept_s += std::log(result.kept_s);
  level.mean_gain += result.gain;
  level.changes += result.changes ? 1 : 0;
  level.pays += result.pays ? 1 : 0;
  level.pays_beyond_noise += result.pays_beyond_noise ? 1 : 0;
}

void turn_into_means(LevelSummary& level) {
  const auto count = static_cast<double>(level.conditions);
  level.best_s = std::exp(level.best_s / count);
  level.kept_s = std::exp(level.kept_s / count);
  level.mean_gain /= count;
}

}  // namespace

std::vector<LevelSummary> summarize_levels(const AdaptiveGrid& grid,
                                           const std::vector<ConditionResult>& results) {
  std::vector<LevelSummary> levels;
  for (std::size_t factor = 0; factor < grid.factors.size(); ++factor) {
    for (std::size_t level = 0; level < grid.factors[factor].levels.size(); ++level) {
      LevelSummary summary;
      summary.factor = static_cast<int>(factor);
      summary.level = static_cast<int>(level);
      for (const ConditionResult& result : results) {
        const std::vector<int>& own = grid.conditions[result.condition].levels;
        if (own[factor] == summary.level) add(result, summary);
      }
      if (summary.conditions == 0) continue;
      turn_into_means(summary);
      levels.push_back(summary);
    }
  }
  return levels;
}

}  // namespace scission
