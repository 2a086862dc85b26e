#include "scission/measure/judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "measure/estimates.hpp"

namespace scission {
namespace {

constexpr double max_half_width = 0.05;

constexpr std::array<Doubt, 7> all_doubts{
    Doubt::imprecise,   Doubt::drifting,     Doubt::disturbed, Doubt::unlike_passes,
    Doubt::sum_differs, Doubt::short_blocks, Doubt::other};

// Half the 95 % interval of the whole model's time, as a share of it; 0 if unknown.
double half_width(const ModelProfile& model) {
  const Interval interval =
      model.whole_interval.high > 0 ? model.whole_interval : model.whole.interval;
  return model.whole_seconds > 0 ? (interval.high - interval.low) / 2 / model.whole_seconds : 0;
}

bool is_too_wide(const ModelProfile& model) {
  constexpr int min_rounds = 6;  // as ModelProfile::precision()
  const bool is_unknown = model.repetitions > 0 && model.repetitions < min_rounds;
  return is_unknown || half_width(model) > max_half_width;
}

// What makes times wrong in an unknown direction. Imprecision only if it is large, because the
// intervals tell it; passes that differ are within the intervals, too.
bool excludes_use(Doubt doubt) { return doubt == Doubt::drifting || doubt == Doubt::disturbed; }

std::string reason(const DoubtGroup& group) {
  return fmt::format("{} ({})", to_string(group.doubt), text::join(group.models, ", "));
}

void set_text(const std::vector<std::string>& wide, MeasurementJudgement& judgement) {
  std::vector<std::string> against;
  std::vector<std::string> to_bear_in_mind;
  if (!wide.empty()) {
    against.push_back(fmt::format("95 % intervals wider than ±{:.0f} %, or unknown ({})",
                                  100 * max_half_width, text::join(wide, ", ")));
  }
  for (const DoubtGroup& group : judgement.doubts) {
    if (excludes_use(group.doubt)) {
      against.push_back(reason(group));
    } else if (group.doubt != Doubt::imprecise || wide.empty()) {
      to_bear_in_mind.push_back(reason(group));
    }
  }
  judgement.is_usable = against.empty();
  if (!against.empty()) {
    judgement.text = "measure again: " + text::join(against, "; ");
  } else {
    to_bear_in_mind.insert(to_bear_in_mind.begin(), "usable");
    judgement.text = text::join(to_bear_in_mind, "; ");
  }
}

}  // namespace

std::string to_string(Doubt doubt) {
  switch (doubt) {
    case Doubt::imprecise:
      return "imprecise";
    case Doubt::drifting:
      return "drifting";
    case Doubt::disturbed:
      return "disturbed";
    case Doubt::unlike_passes:
      return "passes differ";
    case Doubt::sum_differs:
      return "sum differs";
    case Doubt::short_blocks:
      return "short blocks";
    case Doubt::other:
      break;
  }
  return "other";
}

MeasurementJudgement judge_measurement(const SystemProfile& profile,
                                       const std::vector<std::string>& models) {
  MeasurementJudgement judgement;
  std::vector<std::string> wide;
  std::vector<DoubtGroup> groups;
  for (const Doubt doubt : all_doubts) groups.push_back({doubt, {}, {}});
  for (const ModelProfile& model : profile.models) {
    const bool is_asked_for =
        models.empty() || std::find(models.begin(), models.end(), model.model) != models.end();
    if (!is_asked_for) continue;
    if (model.warnings.empty()) judgement.fine.push_back(model.model);
    if (is_too_wide(model)) wide.push_back(model.model);
    for (const std::string& warning : model.warnings) {
      DoubtGroup& group = groups[static_cast<std::size_t>(doubt_of(warning))];
      if (group.models.empty()) group.example = warning;
      if (group.models.empty() || group.models.back() != model.model) {
        group.models.push_back(model.model);
      }
    }
  }
  std::erase_if(groups, [](const DoubtGroup& group) { return group.models.empty(); });
  judgement.doubts = std::move(groups);
  set_text(wide, judgement);
  return judgement;
}

}  // namespace scission
