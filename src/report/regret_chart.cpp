// The loss of keeping the baseline's plan, condition by condition.
#include <fmt/format.h>

#include <algorithm>

#include "report/chart.hpp"
#include "scission/base/error.hpp"
#include "scission/report/pictures.hpp"

namespace scission {
namespace {

constexpr double min_shown = -0.5;  // lower shares are cut off
constexpr std::string_view measured_colour = "#555555";
constexpr std::string_view likely_colour = "#0072B2";
constexpr std::string_view predicted_colour = "#E69F00";

std::vector<const ConditionResult*> worst_first(const AdaptivityAnalysis& analysis) {
  std::vector<const ConditionResult*> results;
  for (const ConditionResult& result : analysis.conditions) results.push_back(&result);
  std::stable_sort(results.begin(), results.end(),
                   [](const auto* a, const auto* b) { return a->gain > b->gain; });
  return results;
}

std::string percent(double share) {
  return fmt::format("{:.6g}", 100 * std::max(min_shown, share));
}

std::string rows_of(const Sweep& sweep, const std::vector<const ConditionResult*>& results) {
  std::string rows;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ConditionResult& one = *results[i];
    const std::string likely =
        one.is_worthwhile_beyond_noise
            ? fmt::format("{} {} {}", percent(one.likely_gain), percent(one.gain_interval.low),
                          percent(one.gain_interval.high))
            : "NaN NaN NaN";
    rows += fmt::format("{} {} {} {} '{}'\n", i + 1, percent(one.gain), likely,
                        one.predicted_plan ? percent(one.predicted_gain) : "NaN",
                        format_condition_code(sweep, sweep.conditions[one.condition].levels));
  }
  return rows;
}

double lowest(const std::vector<const ConditionResult*>& results) {
  double low = 0;
  for (const ConditionResult* one : results) {
    if (one->is_worthwhile_beyond_noise) low = std::min(low, one->gain_interval.low);
    if (one->predicted_plan) low = std::min(low, one->predicted_gain);
  }
  return std::max(min_shown, low);
}

std::string title_of(const Sweep& sweep, const AdaptivityAnalysis& analysis) {
  std::string title = fmt::format("{}: choosing the fastest plan saves {:.0f} % on average",
                                  sweep.model, 100 * analysis.mean_gain);
  if (!analysis.null_expectation) return title;
  return title + fmt::format("; noise alone would promise {:.0f} %",
                             100 * analysis.null_expectation->mean_gain);
}

std::vector<ChartLayer> layers_of(const AdaptivityAnalysis& analysis, double min_gain) {
  const std::string threshold = fmt::format("{:g}", 100 * min_gain);
  std::vector<ChartLayer> layers = {
      {fmt::format("$conditions using 1:2 with points pt 7 ps 0.45 lc rgb '{}'", measured_colour),
       "lost, as measured"}};
  if (analysis.worthwhile_beyond_noise > 0) {
    layers.push_back(
        {fmt::format("$conditions using 1:3:4:5 with yerrorbars pt 7 ps 0.45 lw 0.7 lc rgb '{}'",
                     likely_colour),
         fmt::format("likely gain where that is more than {} % beyond noise, with 95 % interval",
                     threshold)});
  }
  if (analysis.predicted_gain) {
    layers.push_back({fmt::format("$conditions using 1:6 with points pt 2 ps 0.45 lc rgb '{}'",
                                  predicted_colour),
                      "gained by the plan that the other conditions suggest"});
  }
  layers.push_back({threshold + " with lines dt 2 lw 1 lc rgb '#444444'", threshold + " %"});
  return layers;
}

}  // namespace

void draw_regret(const Sweep& sweep, const AdaptivityAnalysis& analysis, double min_gain,
                 const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  if (analysis.conditions.empty()) {
    throw Error(ErrorCode::invalid_argument, "there are no conditions to draw", stem);
  }
  const std::vector<const ConditionResult*> results = worst_first(analysis);
  Chart chart{.title = title_of(sweep, analysis), .title_pt = 13, .size = {1000, 560}};
  chart.data = {
      {"conditions",
       "rank, loss %; where beyond noise: likely gain %, low, high; predicted plan's gain "
       "%, condition",
       rows_of(sweep, results)}};
  chart.set_axis("x", {"conditions, those that lose most first", 1, 0,
                       static_cast<double>(results.size()) + 1, false});
  chart.set_axis("y", {fmt::format("latency lost by keeping the plan of {} (%)",
                                   format_condition_code(sweep, analysis.baseline)),
                       1, 100 * lowest(results) - 2, 102, false});
  chart.commands += "set xtics nomirror out scale 0.5\nset bars 0\n";
  chart.layers = layers_of(analysis, min_gain);
  chart.draw(folder, stem);
}

}  // namespace scission
