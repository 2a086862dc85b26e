// The parts of the page, and what they share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/html.hpp"
#include "scission/report/html_report.hpp"

namespace scission::html_report {

/// One system's measurement of a model, on the blocks that all systems have in common.
struct Column {
  std::string label;  ///< "device-pi", with a number where several profiles are called so
  const SystemProfile* system = nullptr;
  const ModelProfile* model = nullptr;
  std::vector<BlockTiming> blocks = {};
};

/// All that is shown of one model.
struct ModelPart {
  std::string name;
  std::string anchor;           ///< its id on the page
  std::vector<Column> columns;  ///< one at least; all with the same blocks
};

/// What the systems are called, in their order; no two alike.
std::vector<std::string> labels_of(const std::vector<SystemProfile>& systems);

/// A part a model, in the order in which the profiles bring them. Throws as common_blocks().
std::vector<ModelPart> model_parts(const HtmlReport& report);

/// Two pictures a system of a model, in the order of its columns; empty where none were drawn.
struct ModelPictures {
  std::vector<std::string> times;  ///< SVG, a column each
  std::string costs;               ///< SVG; of the first column
};

struct Pictures {
  std::vector<ModelPictures> models;  ///< empty: none
  std::string absence;                ///< why there are none, a sentence
};

/// Throws Error(io) when gnuplot fails.
Pictures draw_pictures(const HtmlReport& report, const std::vector<ModelPart>& models);

/// Throws Error(mismatch) for plans that do not belong to the profiles.
void check_plans(const HtmlReport& report);

/// Where the plan rests on other times than those of the profiles and the network; empty where it
/// does not.
html::Markup plan_doubts(const HtmlReport& report, const std::string& model,
                         const PlanTimeline& plan);

html::Markup conditions(const HtmlReport& report);
html::Markup all_warnings(const std::vector<ModelPart>& models);
html::Markup overview(const std::vector<ModelPart>& models);
html::Markup links(const HtmlReport& report);
html::Markup model_section(const ModelPart& model, const ModelPictures* pictures);
html::Markup measurements(const ModelPart& model);
html::Markup cuts_table(const ModelPart& model);
html::Markup block_tables(const ModelPart& model);
html::Markup plans_section(const HtmlReport& report);

/// CSS.
std::string_view page_style();

// --- Small things that many parts use ---

using Cells = std::vector<html::Markup>;

/// A table under these titles, a title a cell. Columns in which no row knows anything ("-") are
/// left out. `styles` are the rows' classes; none, or one a row.
html::Markup table(const std::vector<std::string>& titles, const std::vector<Cells>& rows,
                   const std::vector<std::string>& styles = {});

html::Markup number_cell(std::string_view text);
html::Markup word_cell(std::string_view text);
html::Markup row_header(std::string_view text);

/// A fold that is open from the start where that is wanted, and always when printed.
html::Markup fold(std::string_view summary, bool is_open, const html::Markup& content);

/// A time and how sure it is: "1.23 ms ±1.5 %", the interval's ends in the title.
html::Markup time_cell(double seconds, const Interval& interval);

/// A block's own interval, or that of its median.
Interval interval_of(const BlockTiming& timing);

std::string percent(double share);            ///< "1.5 %"
std::string signed_percent(double share);     ///< "+1.5 %"
std::string ratio_text(double ratio);         ///< "×0.45"; "-" unless it is a number
std::string bytes_or_dash(double bytes);      ///< "-" for 0: not known
std::string seconds_or_dash(double seconds);  ///< "-" for 0: not known

}  // namespace scission::html_report
