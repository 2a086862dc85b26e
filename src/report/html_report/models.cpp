// Of each model: what it is, how well it was measured, where it may be cut.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html_report/early_cuts.hpp"
#include "report/html_report/parts.hpp"
#include "scission/base/units.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

template <typename Figure>
double sum_of(const Column& column, Figure figure) {
  double sum = 0;
  for (const BlockTiming& block : column.blocks) sum += static_cast<double>(block.*figure);
  return sum;
}

// The first column that knows; 0 where none does.
template <typename Figure>
double known_sum(const ModelPart& model, Figure figure) {
  for (const Column& column : model.columns) {
    if (const double sum = sum_of(column, figure); sum > 0) return sum;
  }
  return 0;
}

std::string facts_of(const ModelPart& model) {
  const Column& first = model.columns.front();
  std::string facts =
      fmt::format("{} layers in {} blocks", first.model->layers(), first.blocks.size());
  if (const double flops = known_sum(model, &BlockTiming::flops); flops > 0) {
    facts += fmt::format(", {} FLOPs", format_count(flops));
  }
  if (const double parameters = known_sum(model, &BlockTiming::parameters); parameters > 0) {
    facts += fmt::format(", {} parameters", format_count(parameters));
  }
  if (!first.model->input_shape.empty()) {
    facts += fmt::format(", input {}", fmt::join(first.model->input_shape, "×"));
  }
  return facts + ".";
}

Markup warnings_of(const ModelPart& model, bool names_model) {
  Markup items;
  for (const Column& column : model.columns) {
    for (const std::string& warning : column.model->warnings) {
      const std::string who =
          names_model ? fmt::format("{}, {}: ", model.name, column.label) : column.label + ": ";
      items += html::element("li", html::element("b", who) + html::text(warning));
    }
  }
  return items;
}

Markup warning_box(const Markup& items) {
  if (items.empty()) return {};
  return html::element(
      "div", {{"class", "warning"}},
      html::element("strong", "Figures to be doubted") + html::element("ul", items));
}

std::string difference_text(const ModelProfile& model) {
  if (!(model.whole_seconds > 0)) return "-";
  std::string text = signed_percent(model.difference());
  const Interval& ratio = model.sum_ratio_interval;
  if (ratio.high > 0) {
    text += fmt::format(" [{}, {}]", signed_percent(ratio.low - 1), signed_percent(ratio.high - 1));
  }
  return text;
}

std::string rounds_text(const ModelProfile& model) {
  if (model.repetitions == 0) return "-";
  return fmt::format("{} after {}", model.repetitions, model.warmup);
}

Markup whole_cell(const ModelProfile& model) {
  if (!(model.whole_seconds > 0)) return number_cell("-");
  return time_cell(model.whole_seconds,
                   model.whole_interval.high > 0 ? model.whole_interval : model.whole.interval);
}

Cells measurement_cells(const Column& column, const Column& reference) {
  const ModelProfile& model = *column.model;
  return {row_header(column.label),
          whole_cell(model),
          number_cell(format_duration(model.blocks_seconds())),
          number_cell(difference_text(model)),
          number_cell(ratio_text(model.blocks_seconds() / reference.model->blocks_seconds())),
          number_cell(seconds_or_dash(model.cold_seconds)),
          number_cell(seconds_or_dash(model.load_seconds)),
          number_cell(rounds_text(model)),
          number_cell(seconds_or_dash(model.measuring_seconds)),
          number_cell(bytes_or_dash(static_cast<double>(model.peak_activation_bytes))),
          number_cell(bytes_or_dash(static_cast<double>(model.peak_rss_bytes)))};
}

Markup figure(const std::string& svg) { return html::element("figure", html::trusted(svg)); }

Markup figures(const ModelPart& model, const ModelPictures* pictures) {
  if (pictures == nullptr) return {};
  Markup all;
  for (std::size_t i = 0; i < pictures->times.size(); ++i) {
    all += fold(fmt::format("Time and output of every block on {}", model.columns[i].label), i == 0,
                figure(pictures->times[i]));
  }
  if (pictures->costs.empty()) return all;
  return all + fold("Operations and parameters of every block", true, figure(pictures->costs));
}

}  // namespace

html::Markup measurements(const ModelPart& model) {
  std::vector<Cells> rows;
  for (const Column& column : model.columns) {
    rows.push_back(measurement_cells(column, model.columns.front()));
  }
  return table({"system", "whole model", "sum of blocks", "difference",
                "to " + model.columns.front().label, "first run", "loading", "rounds, warm-up",
                "measured in", "peak activations", "peak of the process"},
               rows);
}

html::Markup cuts_table(const ModelPart& model) {
  const std::vector<BlockTiming>& blocks = model.columns.front().blocks;
  const std::optional<std::int64_t> input = input_bytes(*model.columns.front().model, blocks);
  std::vector<Cells> rows;
  for (const std::size_t index : early_cuts(blocks, input)) {
    const auto bytes = static_cast<double>(blocks[index].block.output_bytes);
    Cells cells = {
        row_header(fmt::format("after layer {}", blocks[index].block.last_layer)),
        number_cell(format_bytes(bytes)),
        number_cell(input && *input > 0 ? percent(bytes / static_cast<double>(*input)) : "-")};
    for (const Column& column : model.columns) {
      cells.push_back(number_cell(percent(share_of_time(column.blocks, index + 1))));
    }
    rows.push_back(std::move(cells));
  }
  if (rows.empty()) {
    return html::element("p", "No cut sends less than the input does: none stands out.");
  }
  std::vector<std::string> titles = {"cut", "sends", "of the input"};
  for (const Column& column : model.columns) titles.push_back("before it, " + column.label);
  return html::element("p",
                       "Each sends less than the input and than every cut before it; then, "
                       "what share of the blocks' time lies before it.") +
         table(titles, rows);
}

html::Markup model_section(const ModelPart& model, const ModelPictures* pictures) {
  return html::element("section", {{"id", model.anchor}, {"class", "model"}},
                       html::element("h2", model.name) + html::element("p", facts_of(model)) +
                           warning_box(warnings_of(model, false)) + measurements(model) +
                           html::element("h3", "Cuts that matter") + cuts_table(model) +
                           html::element("h3", "Blocks") + block_tables(model) +
                           figures(model, pictures));
}

html::Markup all_warnings(const std::vector<ModelPart>& models) {
  Markup items;
  for (const ModelPart& model : models) items += warnings_of(model, true);
  return warning_box(items);
}

html::Markup overview(const std::vector<ModelPart>& models) {
  std::vector<Cells> rows;
  for (const ModelPart& model : models) {
    for (const Column& column : model.columns) {
      const Markup link =
          html::element("a", {{"href", "#" + model.anchor}}, std::string_view(model.name));
      rows.push_back({html::element("th", {{"scope", "row"}}, link), word_cell(column.label),
                      number_cell(std::to_string(column.model->layers())),
                      number_cell(std::to_string(column.model->blocks.size())),
                      whole_cell(*column.model),
                      number_cell(format_duration(column.model->blocks_seconds())),
                      number_cell(difference_text(*column.model)),
                      number_cell(column.model->warnings.empty()
                                      ? "-"
                                      : std::to_string(column.model->warnings.size()))});
    }
  }
  return html::element(
      "section", {{"id", "models"}},
      html::element("h2", "Models") + table({"model", "system", "layers", "blocks", "whole model",
                                             "sum of blocks", "difference", "warnings"},
                                            rows));
}

}  // namespace scission::html_report
