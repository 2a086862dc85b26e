#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "profile/warning_words.hpp"
#include "scission/profile.hpp"

namespace scission {
namespace {

constexpr double max_half_width = 0.05;

constexpr std::array<WarningKind, 7> all_warning_kinds{
    WarningKind::imprecise,   WarningKind::drifting,
    WarningKind::disturbed,   WarningKind::inconsistent_passes,
    WarningKind::sum_differs, WarningKind::short_blocks,
    WarningKind::other};

constexpr int min_interval_rounds = 6;  // as ModelProfile::precision()

bool is_too_wide(const ModelProfile& model) {
  const bool is_unknown = model.repetitions > 0 && model.repetitions < min_interval_rounds;
  return is_unknown || whole_half_width(model).value_or(0) > max_half_width;
}

// What makes times wrong in an unknown direction. Imprecision only if it is large, because the
// intervals tell it; passes that differ are within the intervals, too.
bool is_disqualifying(WarningKind kind) {
  return kind == WarningKind::drifting || kind == WarningKind::disturbed;
}

std::string reason(const WarningGroup& group) {
  return fmt::format("{} ({})", to_string(group.kind), text::join(group.models, ", "));
}

void set_text(const std::vector<std::string>& wide, MeasurementAssessment& assessment) {
  std::vector<std::string> against;
  std::vector<std::string> to_bear_in_mind;
  if (!wide.empty()) {
    against.push_back(fmt::format("95 % intervals wider than ±{:.0f} %, or unknown ({})",
                                  100 * max_half_width, text::join(wide, ", ")));
  }
  for (const WarningGroup& group : assessment.warnings) {
    if (group.is_disqualifying) {
      against.push_back(reason(group));
    } else if (group.kind != WarningKind::imprecise || wide.empty()) {
      to_bear_in_mind.push_back(reason(group));
    }
  }
  assessment.is_usable = against.empty();
  if (!against.empty()) {
    assessment.text = "measure again: " + text::join(against, "; ");
  } else {
    to_bear_in_mind.insert(to_bear_in_mind.begin(), "usable");
    assessment.text = text::join(to_bear_in_mind, "; ");
  }
}

}  // namespace

std::optional<double> whole_half_width(const ModelProfile& model) {
  const Interval interval =
      model.whole_interval.high > 0 ? model.whole_interval : model.whole.interval;
  const bool is_known = interval.high > interval.low && model.whole_seconds > 0 &&
                        model.repetitions >= min_interval_rounds;
  if (!is_known) return std::nullopt;
  return (interval.high - interval.low) / 2 / model.whole_seconds;
}

std::string to_string(WarningKind kind) {
  switch (kind) {
    case WarningKind::imprecise:
      return "imprecise";
    case WarningKind::drifting:
      return "drifting";
    case WarningKind::disturbed:
      return "disturbed";
    case WarningKind::inconsistent_passes:
      return "passes differ";
    case WarningKind::sum_differs:
      return "sum differs";
    case WarningKind::short_blocks:
      return "short blocks";
    case WarningKind::other:
      break;
  }
  return "other";
}

WarningKind warning_kind_of(const std::string& warning) {
  const auto has = [&](const char* words) { return warning.find(words) != std::string::npos; };
  if (warning.starts_with(warning_words::imprecision)) return WarningKind::imprecise;
  if (warning.starts_with(warning_words::difference)) return WarningKind::sum_differs;
  if (warning.starts_with(warning_words::unlike)) return WarningKind::inconsistent_passes;
  if (has(warning_words::drift)) return WarningKind::drifting;
  if (has(warning_words::disturbance)) return WarningKind::disturbed;
  if (has(warning_words::shortness)) return WarningKind::short_blocks;
  return WarningKind::other;
}

MeasurementAssessment assess_measurement(const SystemProfile& profile,
                                         const std::vector<std::string>& models) {
  MeasurementAssessment assessment;
  std::vector<std::string> wide;
  std::vector<WarningGroup> groups;
  for (const WarningKind kind : all_warning_kinds)
    groups.push_back({kind, {}, {}, is_disqualifying(kind)});
  for (const ModelProfile& model : profile.models) {
    const bool is_asked_for =
        models.empty() || std::find(models.begin(), models.end(), model.model) != models.end();
    if (!is_asked_for) continue;
    if (model.warnings.empty()) assessment.fine.push_back(model.model);
    if (is_too_wide(model)) wide.push_back(model.model);
    for (const std::string& warning : model.warnings) {
      WarningGroup& group = groups[static_cast<std::size_t>(warning_kind_of(warning))];
      if (group.models.empty()) group.example = warning;
      if (group.models.empty() || group.models.back() != model.model) {
        group.models.push_back(model.model);
      }
    }
  }
  std::erase_if(groups, [](const WarningGroup& group) { return group.models.empty(); });
  assessment.warnings = std::move(groups);
  set_text(wide, assessment);
  return assessment;
}

}  // namespace scission
