// What codecs do to a model: over all cuts, and at each.
#include <fmt/format.h>

#include <algorithm>

#include "report/html/parts.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

std::string error_or_0(double error) { return error == 0 ? "0" : fmt::format("{:.1e}", error); }

std::string share_or_dash(const std::optional<double>& share) {
  return share ? percent(*share) : "-";
}

Markup codec_table(const ModelProfile& model) {
  std::vector<Cells> rows;
  for (const CodecSummary& one : summarise_codecs(model)) {
    rows.push_back(
        {row_header(one.codec), number_cell(std::to_string(one.cuts)),
         number_cell(percent(one.size_ratio)), number_cell(format_duration(one.encode_s)),
         number_cell(format_duration(one.decode_s)), number_cell(error_or_0(one.error)),
         number_cell(error_or_0(one.max_error)), number_cell(percent(one.agreement)),
         number_cell(percent(one.min_agreement)), number_cell(share_or_dash(one.accuracy))});
  }
  return table({"codec", "cuts", "of the raw size", "encode", "decode", "error", "largest error",
                "agreement", "smallest agreement", "accuracy"},
               rows);
}

Cells smallest_cells(const CodecTiming* timing, double raw_bytes) {
  if (timing == nullptr) return {word_cell("-"), number_cell("-"), number_cell("-")};
  return {word_cell(timing->codec), number_cell(format_bytes(timing->bytes)),
          number_cell(raw_bytes > 0 ? percent(timing->bytes / raw_bytes) : "-")};
}

Markup cut_table(const ModelProfile& model) {
  std::vector<Cells> rows;
  for (const CutSummary& cut : summarise_cuts(model)) {
    Cells cells = {row_header(fmt::format("after layer {}", cut.last_layer)),
                   number_cell(bytes_or_dash(cut.head_weight_bytes)),
                   number_cell(format_bytes(cut.raw_bytes))};
    for (const Markup& cell : smallest_cells(cut.smallest_lossless, cut.raw_bytes)) {
      cells.push_back(cell);
    }
    for (const Markup& cell : smallest_cells(cut.smallest, cut.raw_bytes)) cells.push_back(cell);
    const CodecTiming* best = cut.smallest;
    cells.push_back(number_cell(best == nullptr ? "-" : error_or_0(best->error)));
    cells.push_back(number_cell(best == nullptr ? "-" : percent(best->agreement)));
    cells.push_back(number_cell(best == nullptr ? "-" : share_or_dash(best->accuracy)));
    rows.push_back(std::move(cells));
  }
  return table({"cut", "weights before it", "sends", "smallest lossless", "sends", "of raw",
                "smallest, agreement ≥ 99 %", "sends", "of raw", "error", "agreement", "accuracy"},
               rows);
}

std::string codec_facts(const ModelProfile& model) {
  std::string facts = fmt::format("Measured with {} input{}; medians over the cuts.",
                                  model.codec_inputs, model.codec_inputs == 1 ? "" : "s");
  if (model.accuracy) {
    facts += fmt::format(" Accuracy without a codec: {}.", percent(*model.accuracy));
  }
  if (const std::string picture = picture_sentence(model); !picture.empty()) {
    facts += " " + picture;
  }
  return facts + " Random weights or inputs say nothing about accuracy.";
}

}  // namespace

html::Markup codec_section(const ModelPart& model, const ModelPictures* pictures) {
  Markup all;
  bool is_first = true;
  for (const Column& column : model.columns) {
    if (column.model->codecs.empty()) continue;
    const Markup content = html::element("p", codec_facts(*column.model)) +
                           codec_table(*column.model) + cut_table(*column.model);
    all += fold(fmt::format("Codecs on {}", column.label), is_first, content);
    is_first = false;
  }
  if (all.empty()) return {};
  if (pictures != nullptr && !pictures->codecs.empty()) {
    all += html::element("figure", html::trusted(pictures->codecs));
  }
  return html::element("h3", "Codecs") + all;
}

const ModelProfile* coded_model(const ModelPart& model) {
  const auto found =
      std::find_if(model.columns.begin(), model.columns.end(),
                   [](const Column& column) { return !column.model->codecs.empty(); });
  return found == model.columns.end() ? nullptr : found->model;
}

}  // namespace scission::html_report
