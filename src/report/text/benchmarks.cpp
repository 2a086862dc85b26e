// Tables and verdicts of benchmarks, as they come.
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "scission/plan/problem.hpp"
#include "scission/report.hpp"

namespace scission {
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

std::string format_difference(const ModelProfile& model) {
  std::string text = signed_percentage(model.difference()) + " %";
  const Interval& ratio = model.sum_ratio_interval;
  if (ratio.high <= ratio.low) return text;  // unknown, or of a single round
  return fmt::format("{} ({}…{})", text, signed_percentage(ratio.low - 1),
                     signed_percentage(ratio.high - 1));
}

class ModelTable::Impl {
 public:
  explicit Impl(TextWidth width)
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
               width),
        header_(table_.last_row()) {}

  std::string add(const ModelProfile& model) {
    const double time_s = model.load_seconds + model.measuring_seconds;
    table_.add({model.model, std::to_string(model.layers()), std::to_string(model.blocks.size()),
                format_duration(model.whole_seconds), format_duration(model.blocks_seconds()),
                format_difference(model), precision_text(model), std::to_string(model.repetitions),
                memory_text(model), known(time_s, format_duration(time_s))});
    return std::exchange(header_, {}) + table_.last_row();
  }

 private:
  text::Table table_;
  std::string header_;  ///< until it is printed
};

ModelTable::ModelTable(TextWidth width) : impl_(std::make_unique<Impl>(width)) {}
ModelTable::~ModelTable() = default;

std::string ModelTable::add(const ModelProfile& model) { return impl_->add(model); }

AssessmentLines format_assessment(const MeasurementAssessment& assessment) {
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

}  // namespace scission
