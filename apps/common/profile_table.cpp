#include "profile_table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base.hpp"
#include "scission/plan/problem.hpp"

namespace scission::apps {
namespace {

using text::Align;

/// "+0.8" or "−0.4", with a minus sign as wide as the plus.
std::string signed_percentage(double share) {
  const std::string digits = fmt::format("{:.1f}", 100 * std::abs(share));
  const bool is_zero = digits.find_first_not_of("0.") == std::string::npos;
  return (share < 0 && !is_zero ? "−" : "+") + digits;
}

std::string known(double value, const std::string& text) { return value > 0 ? text : "–"; }

std::string precision_text(const ModelProfile& model) {
  const std::optional<double> width = whole_half_width(model);
  if (width && *width > 1) return "over 100 %";
  return width ? fmt::format("±{:.1f} %", 100 * *width) : "–";
}

std::string memory_text(const ModelProfile& model) {
  return known(static_cast<double>(model.peak_rss_bytes),
               format_bytes(static_cast<double>(model.peak_rss_bytes)));
}

}  // namespace

ProfileTable::ProfileTable()
    : table_({{"model", Align::left, 17},
              {"layers"},
              {"blocks"},
              {"whole", Align::right, 7},
              {"sum of blocks"},
              {"difference", Align::right, 20},
              {"precision"},
              {"rounds"},
              {"memory", Align::right, 7},
              {"time", Align::right, 12}},
             stdout_width()) {}

std::string ProfileTable::add(const ModelProfile& model) {
  const double time_s = model.load_seconds + model.measuring_seconds;
  table_.add({model.model, std::to_string(model.layers()), std::to_string(model.blocks.size()),
              format_duration(model.whole_seconds), format_duration(model.blocks_seconds()),
              difference_text(model), precision_text(model), std::to_string(model.repetitions),
              memory_text(model), known(time_s, format_duration(time_s))});
  return table_.last_row();
}

AssessmentLines assessment_lines(const MeasurementAssessment& assessment) {
  AssessmentLines lines;
  if (!assessment.fine.empty()) lines.fine = "fine: " + text::join(assessment.fine, ", ");
  for (const WarningGroup& group : assessment.warnings) {
    const std::string& first = group.models.front();
    lines.warnings.push_back(
        fmt::format("{} ({}): {}{}", to_string(group.kind), text::join(group.models, ", "),
                    group.models.size() > 1 ? "in " + first + ", " : "", group.example));
  }
  lines.verdict = "verdict: " + assessment.text;
  return lines;
}

std::string difference_text(const ModelProfile& model) {
  std::string text = signed_percentage(model.difference()) + " %";
  const Interval& ratio = model.sum_ratio_interval;
  if (ratio.high <= ratio.low) return text;  // unknown, or of a single round
  return fmt::format("{} ({}…{})", text, signed_percentage(ratio.low - 1),
                     signed_percentage(ratio.high - 1));
}

}  // namespace scission::apps
