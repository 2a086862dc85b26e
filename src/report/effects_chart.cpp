// Shares of variance as bars, side by side for what varies.
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

constexpr std::size_t most_effects = 12;
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

/// The regret's first: it comes last among the responses.
std::vector<const VarianceDecomposition*> regret_first(const AdaptivityAnalysis& analysis) {
  std::vector<const VarianceDecomposition*> all;
  for (const VarianceDecomposition& one : analysis.decompositions) all.insert(all.begin(), &one);
  return all;
}

std::vector<BarRow> rows_of(const Sweep& sweep,
                            const std::vector<const VarianceDecomposition*>& all) {
  std::vector<BarRow> rows;
  const std::vector<FactorEffect>& order = all.front()->effects;
  for (std::size_t i = 0; i < std::min(most_effects, order.size()); ++i) {
    rows.push_back({name_in(sweep, order[i].factors), {}});
    for (const VarianceDecomposition* one : all) {
      rows.back().shares.push_back(share_in(*one, order[i].factors));
    }
  }
  rows.push_back({"rest: more factors together, noise", {}});
  for (const VarianceDecomposition* one : all) rows.back().shares.push_back(one->residual_share);
  if (std::all_of(all.begin(), all.end(),
                  [](const auto* one) { return one->noise_share.has_value(); })) {
    rows.push_back({"noise, as estimated", {}});
    for (const VarianceDecomposition* one : all) rows.back().shares.push_back(*one->noise_share);
  }
  return rows;
}

std::string data_block(const std::vector<BarRow>& rows, std::size_t bars) {
  std::string text = "# row, share % of each\n$shares << END\n";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    text += std::to_string(row);
    for (std::size_t i = 0; i < bars; ++i)
      text += fmt::format(" {:.6g}", 100 * rows[row].shares[i]);
    text += "\n";
  }
  return text + "END\n";
}

double largest(const std::vector<BarRow>& rows) {
  double most = 0;
  for (const BarRow& row : rows) {
    most = std::max(most, *std::max_element(row.shares.begin(), row.shares.end()));
  }
  return most;
}

std::string commands(const Sweep& sweep, const std::vector<BarRow>& rows, std::size_t bars) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tics.push_back(fmt::format("{} {}", gnuplot_quote(rows[i].name), i));
  }
  const ChartAxis x =
      axis_from_zero(std::max(0.01, largest(rows)) * 100, "share of the variance (%)", {{1, ""}});
  return data_block(rows, bars) + axis_commands(x, "x") + std::string(picture_style()) +
         fmt::format(
             "set yrange [{}.6:-0.6]\nset ytics nomirror scale 0 ({})\nunset grid\n"
             "set grid xtics lt 1 lw 0.5 lc rgb '#DDDDDD'\nset xtics nomirror out scale "
             "0.5\nset title {} font ',13'\n",
             rows.size() - 1, text::join(tics, ", "),
             gnuplot_quote(sweep.model + ": which factor matters how much"));
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

std::string plot(const std::vector<const VarianceDecomposition*>& all) {
  const double height = 0.8 / static_cast<double>(all.size());
  std::vector<std::string> layers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double top = -0.4 + height * static_cast<double>(i);
    layers.push_back(fmt::format(
        "$shares using (${0}/2):($1{1:+.4f}):(${0}/2):({2:.4f}) with boxxyerror lc rgb '{3}' title "
        "{4}",
        i + 2, top + height / 2, 0.9 * height / 2, chart_colour(i),
        gnuplot_quote(title_of(all[i]->response))));
  }
  return "plot " + text::join(layers, ", \\\n  ") + "\n";
}

}  // namespace

void draw_effects(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                  const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  const std::vector<const VarianceDecomposition*> all = regret_first(analysis);
  if (all.empty()) {
    throw Error(ErrorCode::invalid_argument, "nothing varies, so there is nothing to explain",
                stem);
  }
  const std::vector<BarRow> rows = rows_of(sweep, all);
  const PictureSize size{960, 130 + row_px * static_cast<int>(rows.size())};
  draw_script(picture_script(commands(sweep, rows, all.size()), plot(all), size, stem), folder,
              stem);
}

}  // namespace scission
