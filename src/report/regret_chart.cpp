// What keeping a plan loses, condition by condition.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "report/gnuplot.hpp"
#include "report/picture_files.hpp"
#include "scission/base/error.hpp"
#include "scission/report/pictures.hpp"

namespace scission {
namespace {

constexpr double least_shown = -0.5;  // of a share
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
  return fmt::format("{:.6g}", 100 * std::max(least_shown, share));
}

std::string data_block(const Sweep& sweep, const std::vector<const ConditionResult*>& results) {
  std::string text =
      "# rank, lost %; where beyond noise likely gain %, low, high; predicted plan's gain %, "
      "condition\n$conditions << END\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ConditionResult& one = *results[i];
    const std::string likely =
        one.is_worthwhile_beyond_noise
            ? fmt::format("{} {} {}", percent(one.likely_gain), percent(one.gain_interval.low),
                          percent(one.gain_interval.high))
            : "NaN NaN NaN";
    text += fmt::format("{} {} {} {} '{}'\n", i + 1, percent(one.gain), likely,
                        one.predicted_plan ? percent(one.predicted_gain) : "NaN",
                        format_condition_code(sweep, sweep.conditions[one.condition].levels));
  }
  return text + "END\n";
}

double lowest(const std::vector<const ConditionResult*>& results) {
  double low = 0;
  for (const ConditionResult* one : results) {
    if (one->is_worthwhile_beyond_noise) low = std::min(low, one->gain_interval.low);
    if (one->predicted_plan) low = std::min(low, one->predicted_gain);
  }
  return std::max(least_shown, low);
}

std::string title_of(const Sweep& sweep, const AdaptivityAnalysis& analysis) {
  std::string title = fmt::format("{}: choosing the fastest plan saves {:.0f} % on average",
                                  sweep.model, 100 * analysis.mean_gain);
  if (!analysis.null_expectation) return title;
  return title + fmt::format("; noise alone would promise {:.0f} %",
                             100 * analysis.null_expectation->mean_gain);
}

std::string commands(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                     const std::vector<const ConditionResult*>& results) {
  ChartAxis x{"conditions, those that lose most first", 1, 0,
              static_cast<double>(results.size()) + 1, false};
  ChartAxis y{fmt::format("latency lost by keeping the plan of {} (%)",
                          format_condition_code(sweep, analysis.baseline)),
              1, 100 * lowest(results) - 2, 102, false};
  return data_block(sweep, results) + axis_commands(x, "x") + axis_commands(y, "y") +
         std::string(picture_style()) + "set xtics nomirror out scale 0.5\nset bars 0\n" +
         fmt::format("set title {} font ',13'\n", gnuplot_quote(title_of(sweep, analysis)));
}

std::string plot(const AdaptivityAnalysis& analysis, double min_gain) {
  const std::string least = fmt::format("{:g}", 100 * min_gain);
  std::vector<std::string> layers = {
      fmt::format("$conditions using 1:2 with points pt 7 ps 0.45 lc rgb '{}' title "
                  "'lost, as measured'",
                  measured_colour)};
  if (analysis.worthwhile_beyond_noise > 0) {
    layers.push_back(fmt::format(
        "$conditions using 1:3:4:5 with yerrorbars pt 7 ps 0.45 lw 0.7 lc rgb '{}' title 'likely "
        "gain where that is more than {} % beyond noise, with 95 % interval'",
        likely_colour, least));
  }
  if (analysis.predicted_gain) {
    layers.push_back(
        fmt::format("$conditions using 1:6 with points pt 2 ps 0.45 lc rgb '{}' title "
                    "'gained by the plan that the other conditions suggest'",
                    predicted_colour));
  }
  layers.push_back(fmt::format("{0} with lines dt 2 lw 1 lc rgb '#444444' title '{0} %'", least));
  return "plot " + text::join(layers, ", \\\n  ") + "\n";
}

}  // namespace

void draw_regret(const Sweep& sweep, const AdaptivityAnalysis& analysis, double min_gain,
                 const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  if (analysis.conditions.empty()) {
    throw Error(ErrorCode::invalid_argument, "there are no conditions to draw", stem);
  }
  const std::vector<const ConditionResult*> results = worst_first(analysis);
  draw_script(picture_script(commands(sweep, analysis, results), plot(analysis, min_gain),
                             {1000, 560}, stem),
              folder, stem);
}

}  // namespace scission
