// Every block of a model: one system's in full, several systems' side by side.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "report/html/parts.hpp"
#include "scission/base.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

constexpr std::size_t max_open_rows = 100;
constexpr std::size_t max_types_letters = 34;

std::string count_or_dash(std::int64_t count) {
  return count > 0 ? format_count(static_cast<double>(count)) : "-";
}

// As many words as fit, and the number of the others.
std::string shortened_types(const std::string& types) {
  if (types.size() <= max_types_letters) return types;
  const std::vector<std::string_view> words = text::split(types, ' ');
  std::string shown;
  std::size_t count = 0;
  while (count < words.size() && shown.size() + words[count].size() < max_types_letters) {
    shown += fmt::format("{}{}", count == 0 ? "" : " ", words[count]);
    ++count;
  }
  if (count == 0) return fmt::format("{} layers", words.size());
  return fmt::format("{} … +{}", shown, words.size() - count);
}

Markup types_cell(const std::string& types) {
  return html::element("td", {{"class", "types"}, {"title", types}},
                       std::string_view(shortened_types(types)));
}

// A share as text with a bar behind it.
Markup share_cell(double share) {
  return html::element(
      "td", {{"class", "n share"}, {"style", fmt::format("--share:{:.1f}%", 100 * share)}},
      std::string_view(percent(share)));
}

Markup layers_cell(const Block& block, bool is_cut) {
  Markup content = html::text(layer_range(block.first_layer, block.last_layer));
  if (is_cut) {
    content += html::text(" ") +
               html::element("span",
                             {{"class", "cut"},
                              {"title", "Sends less than the input and than every cut before it"}},
                             std::string_view("cut"));
  }
  return html::element("th", {{"scope", "row"}}, content);
}

std::string style_of(bool is_cut) { return is_cut ? "early" : "block"; }

std::set<std::size_t> cuts_of(const ModelPart& model) {
  const Column& first = model.columns.front();
  const std::vector<std::size_t> cuts =
      early_cuts(first.blocks, input_bytes(*first.model, first.blocks));
  return {cuts.begin(), cuts.end()};
}

Cells full_cells(const BlockTiming& block, bool is_cut, double all_s) {
  return {layers_cell(block.block, is_cut),
          types_cell(block.layer_types),
          time_cell(block.seconds, interval_of(block)),
          share_cell(all_s > 0 ? block.seconds / all_s : 0),
          number_cell(block.summary.count > 0 ? format_duration(block.summary.p95) : "-"),
          number_cell(format_bytes(static_cast<double>(block.block.output_bytes))),
          number_cell(count_or_dash(block.flops)),
          number_cell(count_or_dash(block.parameters)),
          number_cell(bytes_or_dash(static_cast<double>(block.weight_bytes))),
          number_cell(bytes_or_dash(static_cast<double>(block.peak_activation_bytes)))};
}

// The blocks of one system, not those that all systems have in common.
Markup full_table(const Column& column) {
  const std::vector<BlockTiming>& blocks = column.model->blocks;
  const std::vector<std::size_t> cuts = early_cuts(blocks, input_bytes(*column.model, blocks));
  const double all_s = column.model->blocks_seconds();
  std::vector<Cells> rows;
  std::vector<std::string> styles;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool is_cut = std::binary_search(cuts.begin(), cuts.end(), i);
    rows.push_back(full_cells(blocks[i], is_cut, all_s));
    styles.push_back(style_of(is_cut));
  }
  return table({"layers", "types", "time", "share", "p95", "output", "FLOPs", "parameters",
                "weights", "peak activations"},
               rows, styles);
}

std::vector<std::string> side_by_side_titles(const ModelPart& model) {
  std::vector<std::string> titles = {"layers", "types", "output"};
  for (const Column& column : model.columns) {
    titles.push_back(column.label);
    if (&column != &model.columns.front()) titles.emplace_back("×");
  }
  return titles;
}

Cells side_by_side_cells(const ModelPart& model, std::size_t index, bool is_cut) {
  const BlockTiming& first = model.columns.front().blocks[index];
  Cells cells = {layers_cell(first.block, is_cut), types_cell(first.layer_types),
                 number_cell(format_bytes(static_cast<double>(first.block.output_bytes)))};
  for (const Column& column : model.columns) {
    const BlockTiming& one = column.blocks[index];
    cells.push_back(time_cell(one.seconds, interval_of(one)));
    if (&column != &model.columns.front()) {
      cells.push_back(number_cell(ratio_text(one.seconds / first.seconds)));
    }
  }
  return cells;
}

Markup side_by_side(const ModelPart& model) {
  const std::set<std::size_t> cuts = cuts_of(model);
  std::vector<Cells> rows;
  std::vector<std::string> styles;
  for (std::size_t i = 0; i < model.columns.front().blocks.size(); ++i) {
    rows.push_back(side_by_side_cells(model, i, cuts.contains(i)));
    styles.push_back(style_of(cuts.contains(i)));
  }
  return table(side_by_side_titles(model), rows, styles);
}

}  // namespace

html::Markup block_tables(const ModelPart& model) {
  const auto is_short = [](std::size_t rows) { return rows <= max_open_rows; };
  const bool is_alone = model.columns.size() == 1;
  Markup tables;
  if (!is_alone) {
    const std::size_t rows = model.columns.front().blocks.size();
    tables += fold(fmt::format("{} blocks on {} systems, × as long as on {}", rows,
                               model.columns.size(), model.columns.front().label),
                   is_short(rows), side_by_side(model));
  }
  for (const Column& column : model.columns) {
    const std::size_t rows = column.model->blocks.size();
    tables += fold(fmt::format("{} blocks on {}, in full", rows, column.label),
                   is_alone && is_short(rows), full_table(column));
  }
  return tables;
}

}  // namespace scission::html_report
