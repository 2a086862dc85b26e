#include "scission/profile/profile_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.hpp"
#include "profile/change_judge.hpp"
#include "profile/common_blocks.hpp"
#include "profile/host_differences.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

// One thing's time in one profile.
struct Timing {
  double seconds = 0;
  Interval interval;
  const std::vector<double>* samples = nullptr;
};

Timing timing_of(const BlockTiming& block) {
  const bool has_own = block.interval.high > 0;
  return {block.seconds, has_own ? block.interval : block.summary.interval, &block.samples};
}

Timing whole_of(const ModelProfile& model) {
  const bool has_own = model.whole_interval.high > 0;
  return {model.whole_seconds, has_own ? model.whole_interval : model.whole.interval,
          &model.whole_samples};
}

bool has_spread(const Timing& timing) {
  return timing.seconds > 0 && timing.interval.high > timing.interval.low;
}

void compare_samples(const Timing& before, const Timing& after, TimeComparison& result) {
  const EffectiveCounts counts{effective_rank_count(*before.samples),
                               effective_rank_count(*after.samples)};
  const Ratio ratio = ratio_of_samples(*before.samples, *after.samples, counts);
  result.evidence = Evidence::samples;
  result.p = rank_test(*before.samples, *after.samples, counts).p;
  result.ratio = ratio.value;
  result.ratio_interval = ratio.interval;
}

void compare_intervals(const Timing& before, const Timing& after, TimeComparison& result) {
  const IntervalTest test =
      interval_test({before.seconds, before.interval}, {after.seconds, after.interval});
  result.evidence = Evidence::intervals;
  result.p = test.p;
  result.ratio = test.ratio.value;
  result.ratio_interval = test.ratio.interval;
}

TimeComparison compare(const Timing& before, const Timing& after) {
  TimeComparison result;
  result.before_s = before.seconds;
  result.after_s = after.seconds;
  result.ratio = before.seconds > 0 ? after.seconds / before.seconds
                                    : std::numeric_limits<double>::quiet_NaN();
  if (!before.samples->empty() && !after.samples->empty()) {
    compare_samples(before, after, result);
  } else if (has_spread(before) && has_spread(after)) {
    compare_intervals(before, after, result);
  }
  return result;
}

ModelComparison compare_models(const NamedProfile& before, const NamedProfile& after) {
  ModelComparison result;
  result.model = before.model->model;
  result.whole = compare(whole_of(*before.model), whole_of(*after.model));
  result.sum =
      compare(timing_of(merged_timing(*before.model)), timing_of(merged_timing(*after.model)));
  const std::vector<Block> blocks = common_blocks({before, after});
  const std::vector<BlockTiming> first = merged_timings(*before.model, blocks);
  const std::vector<BlockTiming> second = merged_timings(*after.model, blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    result.blocks.push_back(
        {blocks[i], first[i].layer_types, compare(timing_of(first[i]), timing_of(second[i]))});
  }
  return result;
}

void check(const ComparisonOptions& options) {
  const double rate = options.false_discovery_rate;
  if (!(rate > 0 && rate < 1)) {
    throw Error(ErrorCode::invalid_argument, "a false discovery rate lies between 0 and 1");
  }
  if (!(options.least >= 0 && options.least <= std::numeric_limits<double>::max())) {
    throw Error(ErrorCode::invalid_argument, "the least change must be 0 or more");
  }
}

void require_both(const SystemProfile& before, const SystemProfile& after,
                  const std::string& model) {
  for (const SystemProfile* profile : {&before, &after}) {
    if (profile->find(model)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("model '{}' is not in the profile {}; it holds {}", model,
                            profile == &before ? "before" : "after",
                            text::join(known_models({*profile}), ", ")));
  }
}

std::vector<std::string> models_of(const SystemProfile& before, const SystemProfile& after,
                                   const ComparisonOptions& options) {
  for (const std::string& model : options.models) require_both(before, after, model);
  if (!options.models.empty()) return options.models;
  std::vector<std::string> models;
  for (const ModelProfile& model : before.models) {
    if (after.find(model.model)) models.push_back(model.model);
  }
  if (!models.empty()) return models;
  throw Error(ErrorCode::mismatch,
              fmt::format("the profiles have no model in common: {} before, {} after",
                          text::join(known_models({before}), ", "),
                          text::join(known_models({after}), ", ")));
}

void note_missing(const SystemProfile& one, const SystemProfile& other, const char* when,
                  std::vector<std::string>& notes) {
  for (const ModelProfile& model : one.models) {
    if (!other.find(model.model)) {
      notes.push_back(fmt::format("{}: measured only {}", model.model, when));
    }
  }
}

NamedProfile named(const SystemProfile& system, const std::string& model, const char* when) {
  NamedProfile profile{fmt::format("{}-{} ({})", system.platform, system.name, when),
                       system.find(model)};
  validate(*profile.model, fmt::format("{}, {}", profile.label, model));
  return profile;
}

}  // namespace

std::string to_string(Change change) {
  static const std::array<std::string, 4> names = {"unchanged", "faster", "slower", "unknown"};
  return names.at(static_cast<std::size_t>(change));
}

std::string to_string(Evidence evidence) {
  static const std::array<std::string, 3> names = {"samples", "intervals", "none"};
  return names.at(static_cast<std::size_t>(evidence));
}

int ModelComparison::count(Change change) const {
  return static_cast<int>(
      std::count_if(blocks.begin(), blocks.end(),
                    [change](const BlockComparison& one) { return one.time.change == change; }));
}

bool ModelComparison::is_slower() const {
  return whole.change == Change::slower || sum.change == Change::slower ||
         count(Change::slower) > 0;
}

bool ProfileComparison::is_slower() const {
  return std::any_of(models.begin(), models.end(),
                     [](const ModelComparison& model) { return model.is_slower(); });
}

ProfileComparison compare_profiles(const SystemProfile& before, const SystemProfile& after,
                                   const ComparisonOptions& options) {
  check(options);
  ProfileComparison result;
  result.notes = host_differences(before, after);
  for (const std::string& model : models_of(before, after, options)) {
    result.models.push_back(
        compare_models(named(before, model, "before"), named(after, model, "after")));
    for (std::string& note : model_differences(*before.find(model), *after.find(model))) {
      result.notes.push_back(std::move(note));
    }
  }
  if (options.models.empty()) {
    note_missing(before, after, "before", result.notes);
    note_missing(after, before, "after", result.notes);
  }
  judge_changes(result.models, options);
  return result;
}

}  // namespace scission
