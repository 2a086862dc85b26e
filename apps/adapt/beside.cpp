#include "beside.hpp"

#include <fmt/format.h>

#include "table.hpp"

namespace scission::apps {
namespace {

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double share_of(std::size_t part, const SweepComparison& comparison) {
  return static_cast<double>(part) / static_cast<double>(comparison.conditions.size());
}

std::string rows_of(const SweepComparison& comparison, const Sweep& measured) {
  Table table({{"condition", Align::left},
               {"measured best", Align::left},
               {"predicted best", Align::left},
               {"loss"}});
  for (const ConditionComparison& row : comparison.conditions) {
    if (row.measured_best == row.predicted_best) continue;
    table.add({describe_condition(measured, measured.conditions[row.condition].levels),
               measured.plans[row.measured_best].label, measured.plans[row.predicted_best].label,
               percent(row.regret)});
  }
  return table.text();
}

}  // namespace

std::string format_beside(const SweepComparison& comparison, const Sweep& measured,
                          bool shows_conditions) {
  std::string text = fmt::format(
      "\nThe prediction beside it, {} times in {} conditions:\n"
      "  error             median {}, 90th percentile {}, bias {:+.1f} %\n"
      "  best plan         right in {} conditions ({})\n"
      "  right or within {} of the best in {} conditions ({})\n",
      comparison.times, comparison.conditions.size(), percent(comparison.median_error),
      percent(comparison.p90_error), 100 * comparison.median_bias, comparison.exact,
      percent(share_of(comparison.exact, comparison)), percent(comparison.tolerance),
      comparison.within_tolerance, percent(share_of(comparison.within_tolerance, comparison)));
  if (shows_conditions && comparison.exact < comparison.conditions.size()) {
    text += "\n" + rows_of(comparison, measured);
  }
  return text;
}

nlohmann::ordered_json beside_json(const SweepComparison& comparison, const Sweep& measured) {
  nlohmann::ordered_json conditions = nlohmann::ordered_json::array();
  for (const ConditionComparison& row : comparison.conditions) {
    conditions.push_back(
        {{"condition", format_condition_code(measured, measured.conditions[row.condition].levels)},
         {"measured_best", measured.plans[row.measured_best].label},
         {"predicted_best", measured.plans[row.predicted_best].label},
         {"regret", row.regret},
         {"median_error", row.median_error}});
  }
  return {{"times", comparison.times},
          {"median_error", comparison.median_error},
          {"p90_error", comparison.p90_error},
          {"median_bias", comparison.median_bias},
          {"tolerance", comparison.tolerance},
          {"exact", comparison.exact},
          {"within_tolerance", comparison.within_tolerance},
          {"conditions", conditions}};
}

}  // namespace scission::apps
