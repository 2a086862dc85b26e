// One section per model: what it is, how well it was measured, where it may be cut, its pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "report/html/parts.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

template <typename Figure>
double sum_of(const Column& column, Figure figure) {
  double sum = 0;
  for (const BlockTiming& block : column.blocks) sum += static_cast<double>(block.*figure);
  return sum;
}

// The sum of the first column in which it is known, or 0.
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
  return html::element("div", {{"class", "warning"}},
                       html::element("strong", "Doubtful figures") + html::element("ul", items));
}

std::string sum_difference_text(const ModelProfile& model) {
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
          number_cell(sum_difference_text(model)),
          number_cell(ratio_text(model.blocks_seconds() / reference.model->blocks_seconds())),
          number_cell(duration_or_dash(model.cold_seconds)),
          number_cell(duration_or_dash(model.load_seconds)),
          number_cell(rounds_text(model)),
          number_cell(duration_or_dash(model.measuring_seconds)),
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

// --- Pictures ---

// Draws pictures into a temporary folder.
class Painter {
 public:
  Painter(const HtmlReport& report, int total) : report_(report), total_(total) {}

  template <typename Draw>
  std::string paint(Draw draw) {
    if (report_.on_picture) report_.on_picture(done_, total_);
    const std::string stem = fmt::format("picture-{}", ++done_);
    draw(folder_.path(), stem);
    const std::filesystem::path svg = folder_.path() / (stem + ".svg");
    return inline_svg(read_file(svg), stem + "-", stem + ".svg");
  }

 private:
  const HtmlReport& report_;
  WorkFolder folder_{std::filesystem::temp_directory_path()};
  int total_;
  int done_ = 0;
};

bool has_costs(const ModelProfile& model) {
  for (const BlockTiming& block : model.blocks) {
    if (block.flops > 0 || block.parameters > 0) return true;
  }
  return false;
}

ModelPictures paint_model(const ModelPart& model, Painter& painter) {
  ModelPictures pictures;
  for (const Column& column : model.columns) {
    pictures.times.push_back(painter.paint([&](const auto& folder, const std::string& stem) {
      draw_block_times(*column.model, column.label, folder, stem);
    }));
  }
  if (const ModelProfile* coded = coded_model(model)) {
    pictures.codecs = painter.paint(
        [&](const auto& folder, const std::string& stem) { draw_codecs(*coded, folder, stem); });
  }
  const ModelProfile& first = *model.columns.front().model;
  if (!has_costs(first)) return pictures;
  pictures.costs = painter.paint(
      [&](const auto& folder, const std::string& stem) { draw_block_costs(first, folder, stem); });
  return pictures;
}

int picture_count(const std::vector<ModelPart>& models) {
  std::size_t count = 0;
  for (const ModelPart& model : models) {
    count += model.columns.size() + (has_costs(*model.columns.front().model) ? 1 : 0) +
             (coded_model(model) != nullptr ? 1 : 0);
  }
  return static_cast<int>(count);
}

}  // namespace

std::optional<std::int64_t> input_bytes(const ModelProfile& model,
                                        const std::vector<BlockTiming>& blocks) {
  constexpr double bytes_per_element = 4;  // float32
  constexpr double max_bytes = 9e18;       // fits 64 bits
  if (blocks.front().block.last_layer == 0) return blocks.front().block.output_bytes;
  if (model.input_shape.empty()) return std::nullopt;
  double bytes = bytes_per_element;
  for (const std::int64_t size : model.input_shape) bytes *= static_cast<double>(size);
  if (bytes > max_bytes) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

std::vector<std::size_t> early_cuts(const std::vector<BlockTiming>& blocks,
                                    std::optional<std::int64_t> input_bytes) {
  std::vector<std::size_t> cuts;
  std::int64_t smallest = input_bytes.value_or(std::numeric_limits<std::int64_t>::max());
  for (std::size_t index = 0; index + 1 < blocks.size(); ++index) {
    const std::int64_t bytes = blocks[index].block.output_bytes;
    if (bytes >= smallest) continue;
    smallest = bytes;
    cuts.push_back(index);
  }
  return cuts;
}

double share_of_time(const std::vector<BlockTiming>& blocks, std::size_t count) {
  double before = 0;
  double all = 0;
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    all += blocks[index].seconds;
    if (index < count) before += blocks[index].seconds;
  }
  return all > 0 ? before / all : 0;
}

Pictures draw_pictures(const HtmlReport& report, const std::vector<ModelPart>& models) {
  if (!report.draws_pictures) return {};
  Pictures pictures;
  try {
    Painter painter(report, picture_count(models));
    for (const ModelPart& model : models) pictures.models.push_back(paint_model(model, painter));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return {{}, fmt::format("The pictures of blocks are missing: {}.", error.message())};
  }
  return pictures;
}

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
    return html::element("p", "No cut sends less than the input.");
  }
  std::vector<std::string> titles = {"cut", "sends", "of the input"};
  for (const Column& column : model.columns) titles.push_back("before it, " + column.label);
  return html::element(
             "p",
             "Each of these cuts sends less than the input and than every earlier cut. The "
             "last columns are the share of the blocks' time before the cut.") +
         table(titles, rows);
}

html::Markup model_section(const ModelPart& model, const ModelPictures* pictures) {
  return html::element("section", {{"id", model.anchor}, {"class", "model"}},
                       html::element("h2", model.name) + html::element("p", facts_of(model)) +
                           warning_box(warnings_of(model, false)) + measurements(model) +
                           html::element("h3", "Cuts that matter") + cuts_table(model) +
                           codec_section(model, pictures) + html::element("h3", "Blocks") +
                           block_tables(model) + figures(model, pictures));
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
                      number_cell(sum_difference_text(*column.model)),
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
