// Of a sweep's analysis: variance shares as bars, side by side for the responses; and the loss of
// keeping the baseline's plan, condition by condition.
#include <fmt/format.h>

#include <algorithm>

#include "report/chart.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

// --- Effects ---

constexpr int row_px = 40;

struct BarRow {
  std::string name;
  std::vector<double> shares;  ///< one for each decomposition
};

double share_in(const VarianceDecomposition& decomposition, const std::vector<int>& factors) {
  const FactorEffect* effect = decomposition.find(factors);
  return effect == nullptr ? 0 : effect->variance_share;
}

/// The regret, which is the last of the responses, comes first.
std::vector<const VarianceDecomposition*> regret_first(const AdaptivityAnalysis& analysis) {
  std::vector<const VarianceDecomposition*> all;
  for (const VarianceDecomposition& one : analysis.decompositions) all.insert(all.begin(), &one);
  return all;
}

std::vector<BarRow> rows_of(const Sweep& sweep,
                            const std::vector<const VarianceDecomposition*>& all) {
  std::vector<BarRow> rows;
  const std::vector<FactorEffect>& order = all.front()->effects;
  for (std::size_t i = 0; i < std::min(max_shown_effects, order.size()); ++i) {
    rows.push_back({describe_effect(sweep, order[i].factors), {}});
    for (const VarianceDecomposition* one : all) {
      rows.back().shares.push_back(share_in(*one, order[i].factors));
    }
  }
  rows.push_back({"residual: more factors together, noise", {}});
  for (const VarianceDecomposition* one : all) rows.back().shares.push_back(one->residual_share);
  if (std::all_of(all.begin(), all.end(),
                  [](const auto* one) { return one->noise_share.has_value(); })) {
    rows.push_back({"noise, as estimated", {}});
    for (const VarianceDecomposition* one : all) rows.back().shares.push_back(*one->noise_share);
  }
  return rows;
}

std::string data_rows(const std::vector<BarRow>& rows) {
  std::string text;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    text += std::to_string(row);
    for (const double share : rows[row].shares) text += fmt::format(" {:.6g}", 100 * share);
    text += "\n";
  }
  return text;
}

double largest_share(const std::vector<BarRow>& rows) {
  double largest = 0;
  for (const BarRow& row : rows) {
    largest = std::max(largest, *std::max_element(row.shares.begin(), row.shares.end()));
  }
  return largest;
}

std::string_view title_of(ResponseVariable response) {
  switch (response) {
    case ResponseVariable::best:
      return "best latency";
    case ResponseVariable::baseline:
      return "latency of the baseline's plan";
    case ResponseVariable::regret:
      break;
  }
  return "regret of keeping the baseline's plan";
}

ChartLayer bars_of(std::size_t index, std::size_t count, ResponseVariable response) {
  const double height = 0.8 / static_cast<double>(count);
  const double top = -0.4 + height * static_cast<double>(index);
  return {fmt::format("$shares using (${0}/2):($1{1:+.4f}):(${0}/2):({2:.4f}) with boxxyerror "
                      "lc rgb '{3}'",
                      index + 2, top + height / 2, 0.9 * height / 2, chart_colour(index)),
          std::string(title_of(response))};
}

// --- Regret ---

constexpr double min_shown = -0.5;  // what is lower is marked at the lower edge
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

std::string percent(double share) { return fmt::format("{:.6g}", 100 * share); }

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

/// The lower end of the axis.
double lowest_shown(const std::vector<const ConditionResult*>& results) {
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

/// Whether some predicted plan gains less than the axis shows.
bool is_any_below(const std::vector<const ConditionResult*>& results) {
  return std::any_of(results.begin(), results.end(), [](const ConditionResult* one) {
    return one->predicted_plan && one->predicted_gain < min_shown;
  });
}

std::vector<ChartLayer> layers_of(const std::vector<const ConditionResult*>& results,
                                  const AdaptivityAnalysis& analysis, double min_gain) {
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
  if (is_any_below(results)) {
    const double edge = 100 * min_shown;
    layers.push_back({fmt::format("$conditions using 1:($6 < {0:g} ? {0:g} : NaN) with points "
                                  "pt 11 ps 0.8 lc rgb '{1}'",
                                  edge, predicted_colour),
                      fmt::format("the same, below {:g} %", edge)});
  }
  layers.push_back({threshold + " with lines dt 2 lw 1 lc rgb '#444444'", threshold + " %"});
  return layers;
}

}  // namespace

void draw_effects(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                  const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  const std::vector<const VarianceDecomposition*> all = regret_first(analysis);
  if (all.empty()) {
    throw Error(ErrorCode::invalid_argument, "no response varies, so there is no effect to draw",
                stem);
  }
  const std::vector<BarRow> rows = rows_of(sweep, all);
  Chart chart{.title = sweep.model + ": which factor matters how much", .title_pt = 13};
  chart.size = {960, 130 + row_px * static_cast<int>(rows.size())};
  chart.data = {{"shares", "row, one share in % for each response", data_rows(rows)}};
  chart.set_axis("x", axis_from_zero(100 * std::max(0.01, largest_share(rows)),
                                     "share of the variance (%)", {{1, ""}}));
  chart.commands += fmt::format(
      "set yrange [{}.6:-0.6]\nunset grid\nset grid xtics lt 1 lw 0.5 lc rgb '#DDDDDD'\n"
      "set xtics nomirror out scale 0.5\n",
      rows.size() - 1);
  ChartTics names{"nomirror scale 0", {}};
  for (std::size_t i = 0; i < rows.size(); ++i) names.labels.emplace_back(rows[i].name, i);
  chart.set_tics("y", names);
  for (std::size_t i = 0; i < all.size(); ++i) {
    chart.layers.push_back(bars_of(i, all.size(), all[i]->response));
  }
  chart.draw(folder, stem);
}

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
                       1, 100 * lowest_shown(results) - 2, 102, false});
  chart.commands += "set xtics nomirror out scale 0.5\nset bars 0\n";
  chart.layers = layers_of(results, analysis, min_gain);
  chart.draw(folder, stem);
}

}  // namespace scission
