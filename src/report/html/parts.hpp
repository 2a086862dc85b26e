// The parts of the page, and what they share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/html/html.hpp"
#include "scission/report.hpp"

namespace scission::html_report {

/// One system's measurement of a model, on the blocks that all systems have in common.
struct Column {
  std::string label;  ///< "device-pi", numbered if several profiles have this name
  const SystemProfile* system = nullptr;
  const ModelProfile* model = nullptr;
  std::vector<BlockTiming> blocks = {};
};

/// The profiles of one model.
struct ModelPart {
  std::string name;
  std::string anchor;           ///< id on the page
  std::vector<Column> columns;  ///< at least one; all with the same blocks
};

/// Unique names of the systems, in their order.
std::vector<std::string> labels_of(const std::vector<SystemProfile>& systems);

/// One part for each model, in the order of the profiles. Throws as common_blocks().
std::vector<ModelPart> model_parts(const HtmlReport& report);

/// The pictures of one model, as SVG.
struct ModelPictures {
  std::vector<std::string> times;  ///< [column]
  std::string costs;               ///< of the first column; empty if its costs are unknown
  std::string codecs;              ///< of coded_model(); empty without one
};

struct Pictures {
  std::vector<ModelPictures> models;  ///< empty if pictures are missing
  std::string absence;                ///< why they are missing: one sentence
};

/// Throws Error(io) when gnuplot fails.
Pictures draw_pictures(const HtmlReport& report, const std::vector<ModelPart>& models);

/// Throws Error(mismatch) for plans that do not belong to the profiles.
void validate_plans(const HtmlReport& report);

/// The best plan of each model: of the report's plans, else found with its network.
html::Markup conclusions(const HtmlReport& report, const std::vector<ModelPart>& models);
html::Markup conditions(const HtmlReport& report);
html::Markup all_warnings(const std::vector<ModelPart>& models);
html::Markup overview(const std::vector<ModelPart>& models);
html::Markup links(const HtmlReport& report);
html::Markup model_section(const ModelPart& model, const ModelPictures* pictures);
html::Markup measurements(const ModelPart& model);
html::Markup cuts_table(const ModelPart& model);
html::Markup block_tables(const ModelPart& model);
/// Empty where no column has codecs.
html::Markup codec_section(const ModelPart& model, const ModelPictures* pictures);
/// The first column's profile with codecs, or null.
const ModelProfile* coded_model(const ModelPart& model);
html::Markup plans_section(const HtmlReport& report);

// --- Cuts that matter ---

/// Size of the model's input in bytes: the output of layer 0 if that is a block, otherwise from the
/// shape with 4 bytes per element; empty if neither is known.
std::optional<std::int64_t> input_bytes(const ModelProfile& model,
                                        const std::vector<BlockTiming>& blocks);

/// Indices of the blocks whose output is smaller than the input and than every earlier output.
/// Every other cut sends at least as much and leaves less work to later systems, so it is
/// worthwhile only for the times on both sides. Without the last block, after which there is no
/// cut. O(blocks).
std::vector<std::size_t> early_cuts(const std::vector<BlockTiming>& blocks,
                                    std::optional<std::int64_t> input_bytes);

/// The share of the blocks' total time that the first `count` take; 0 if the total is 0.
double share_of_time(const std::vector<BlockTiming>& blocks, std::size_t count);

/// CSS.
std::string_view page_style();

// --- Building blocks ---

using Cells = std::vector<html::Markup>;

/// A table with a title for each column. Columns that are unknown ("-") in every row are left out.
/// `styles` are the classes of the rows, or empty.
html::Markup table(const std::vector<std::string>& titles, const std::vector<Cells>& rows,
                   const std::vector<std::string>& styles = {});

html::Markup number_cell(std::string_view text);
html::Markup word_cell(std::string_view text);
html::Markup row_header(std::string_view text);

/// A collapsible section, which is always open in print.
html::Markup fold(std::string_view summary, bool is_open, const html::Markup& content);

/// A time with its precision, "1.23 ms ±1.5 %"; the tooltip has the interval.
html::Markup time_cell(double seconds, const Interval& interval);

std::string percent(double share);         ///< "1.5 %"
std::string signed_percent(double share);  ///< "+1.5 %"
std::string ratio_text(double ratio);      ///< "×0.45"; "-" if it is not finite
std::string bytes_or_dash(double bytes);   ///< "-" for 0, unknown

}  // namespace scission::html_report
