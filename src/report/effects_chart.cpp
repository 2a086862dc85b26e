// Variance shares as bars, side by side for the responses.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/chart.hpp"
#include "scission/base/error.hpp"
#include "scission/report/pictures.hpp"

namespace scission {
namespace {

constexpr std::size_t max_effects = 12;
constexpr int row_px = 40;

struct BarRow {
  std::string name;
  std::vector<double> shares;  ///< one for each decomposition
};

std::string name_in(const Sweep& sweep, const std::vector<int>& factors) {
  std::vector<std::string> names;
  for (const int factor : factors) {
    names.push_back(sweep.factors[static_cast<std::size_t>(factor)].name);
  }
  return text::join(names, " × ");
}

double share_in(const VarianceDecomposition& decomposition, const std::vector<int>& factors) {
  for (const FactorEffect& effect : decomposition.effects) {
    if (effect.factors == factors) return effect.variance_share;
  }
  return 0;
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
  for (std::size_t i = 0; i < std::min(max_effects, order.size()); ++i) {
    rows.push_back({name_in(sweep, order[i].factors), {}});
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

}  // namespace scission
