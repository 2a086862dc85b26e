#include "profile/change_judge.hpp"

namespace scission {
namespace {

using Comparisons = std::vector<TimeComparison*>;

Change change_of(const TimeComparison& time, const ComparisonOptions& options) {
  if (time.evidence == Evidence::none) return Change::unknown;
  if (time.false_discovery_rate > options.false_discovery_rate) return Change::unchanged;
  if (time.ratio >= 1 + options.least) return time.ratio > 1 ? Change::slower : Change::unchanged;
  return time.ratio <= 1 / (1 + options.least) ? Change::faster : Change::unchanged;
}

// Those that are tested together: the more there are, the more has to be seen in each.
void judge(const Comparisons& family, const ComparisonOptions& options) {
  Comparisons tested;
  std::vector<double> p_values;
  for (TimeComparison* time : family) {
    if (time->evidence == Evidence::none) continue;
    tested.push_back(time);
    p_values.push_back(time->p);
  }
  const std::vector<double> rates = false_discovery_rates(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->false_discovery_rate = rates[i];
  for (TimeComparison* time : family) time->change = change_of(*time, options);
}

}  // namespace

void judge_changes(std::vector<ModelComparison>& models, const ComparisonOptions& options) {
  Comparisons totals;
  Comparisons blocks;
  for (ModelComparison& model : models) {
    totals.insert(totals.end(), {&model.whole, &model.sum});
    for (BlockComparison& block : model.blocks) blocks.push_back(&block.time);
  }
  judge(totals, options);
  judge(blocks, options);
}

}  // namespace scission
