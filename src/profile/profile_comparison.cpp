#include "scission/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/json_field.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "scission/base.hpp"
#include "stats/summary_json.hpp"

namespace scission {
namespace {

// --- Differences besides the times ---

using Texts = std::vector<std::string>;

void note_difference(Texts& notes, const std::string& what, const std::string& before,
                     const std::string& after) {
  if (before.empty() || after.empty() || before == after) return;
  notes.push_back(fmt::format("{}: {} before, {} after", what, before, after));
}

// Empty for 0, which stands for an unknown count.
std::string format_value(int count) { return count > 0 ? std::to_string(count) : std::string(); }

std::string format_value(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "×"));
}

std::string backend_of(const HostContext& host) {
  return host.backend_version.empty() ? host.backend : host.backend + " " + host.backend_version;
}

std::string memory_of(const HostContext& host) {
  return host.memory_bytes > 0 ? format_bytes(static_cast<double>(host.memory_bytes)) : "";
}

void note_warnings(Texts& notes, const ModelProfile& profile, const char* when) {
  for (const std::string& warning : profile.warnings) {
    notes.push_back(fmt::format("{}, {}: {}", profile.model, when, warning));
  }
}

// "threads: 2 before, 1 after", for every setting and part of the machine that both state, except
// the date and the network name.
std::vector<std::string> host_differences(const SystemProfile& before, const SystemProfile& after) {
  const HostContext& a = before.host;
  const HostContext& b = after.host;
  Texts notes;
  note_difference(notes, "system", before.platform + "-" + before.name,
                  after.platform + "-" + after.name);
  note_difference(notes, "operating system", a.os, b.os);
  note_difference(notes, "processor", a.cpu, b.cpu);
  note_difference(notes, "cores", format_value(a.cores), format_value(b.cores));
  note_difference(notes, "threads", format_value(a.threads), format_value(b.threads));
  note_difference(notes, "memory", memory_of(a), memory_of(b));
  note_difference(notes, "device", a.device, b.device);
  note_difference(notes, "pause before each run", format_duration(a.pause_s),
                  format_duration(b.pause_s));
  note_difference(notes, "frequency governor", a.governor, b.governor);
  note_difference(notes, "backend", backend_of(a), backend_of(b));
  note_difference(notes, "optimised for inference", a.is_optimized ? "yes" : "no",
                  b.is_optimized ? "yes" : "no");
  note_difference(notes, "measured by Scission", a.tool_version, b.tool_version);
  return notes;
}

// The same for how one model was measured: the shape of its input, and each profile's warnings.
std::vector<std::string> model_differences(const ModelProfile& before, const ModelProfile& after) {
  Texts notes;
  note_difference(notes, before.model + ", input", format_value(before.input_shape),
                  format_value(after.input_shape));
  if (before.blocks.size() != after.blocks.size()) {
    note_difference(notes, before.model + ", blocks", std::to_string(before.blocks.size()),
                    std::to_string(after.blocks.size()));
  }
  note_warnings(notes, before, "before");
  note_warnings(notes, after, "after");
  return notes;
}

// --- Classification of changes ---

using Comparisons = std::vector<TimeComparison*>;

Change change_of(const TimeComparison& time, const ComparisonOptions& options) {
  if (time.evidence == Evidence::none) return Change::unknown;
  if (time.false_discovery_rate > options.false_discovery_rate) return Change::unchanged;
  // What is shown beside the verdict, the interval, must not contradict it.
  if (time.ratio >= 1 + options.min_change)
    return time.ratio > 1 && time.ratio_interval.low > 1 ? Change::slower : Change::unchanged;
  return time.ratio <= 1 / (1 + options.min_change) && time.ratio_interval.high < 1
             ? Change::faster
             : Change::unchanged;
}

// Classifies comparisons that are corrected together for multiple testing.
void classify_family(const Comparisons& family, const ComparisonOptions& options) {
  Comparisons tested;
  std::vector<double> p_values;
  for (TimeComparison* time : family) {
    if (time->evidence == Evidence::none) continue;
    tested.push_back(time);
    p_values.push_back(time->p);
  }
  const std::vector<double> rates = false_discovery_rates(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->false_discovery_rate = rates[i];
  for (TimeComparison* time : family) time->change = change_of(*time, options);
}

// Sets the false discovery rates and the changes from the p-values and ratios. The blocks of all
// models are one family, their wholes and sums another.
void classify_changes(std::vector<ModelComparison>& models, const ComparisonOptions& options) {
  Comparisons totals;
  Comparisons blocks;
  for (ModelComparison& model : models) {
    totals.insert(totals.end(), {&model.whole, &model.sum});
    for (BlockComparison& block : model.blocks) blocks.push_back(&block.time);
  }
  classify_family(totals, options);
  classify_family(blocks, options);
}

// --- Comparison of times ---

// The time of a block or model in one profile.
struct Timing {
  double seconds = 0;
  Interval interval;
  const std::vector<double>* samples = nullptr;
};

Timing timing_of(const BlockTiming& block) {
  return {block.seconds, interval_of(block), &block.samples};
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
  result.before_median_s = median(*before.samples);
  result.after_median_s = median(*after.samples);
  result.ratio = ratio.value;
  result.ratio_interval = ratio.interval;
}

void compare_intervals(const Timing& before, const Timing& after, TimeComparison& result) {
  const IntervalTest test =
      interval_test({before.seconds, before.interval}, {after.seconds, after.interval});
  result.evidence = Evidence::intervals;
  result.before_median_s = before.seconds;
  result.after_median_s = after.seconds;
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

void validate(const ComparisonOptions& options) {
  const double rate = options.false_discovery_rate;
  if (!(rate > 0 && rate < 1)) {
    throw_invalid_argument("the false discovery rate must lie between 0 and 1");
  }
  if (!(options.min_change >= 0 && options.min_change <= std::numeric_limits<double>::max())) {
    throw_invalid_argument("the smallest change must be 0 or more");
  }
}

void require_both(const SystemProfile& before, const SystemProfile& after,
                  const std::string& model) {
  for (const SystemProfile* profile : {&before, &after}) {
    if (profile->find(model)) continue;
    throw_invalid_argument(fmt::format("model '{}' is not in the profile {}; it holds {}", model,
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

// --- JSON ---

using Json = nlohmann::ordered_json;

Json time_json(const TimeComparison& time) {
  const bool is_tested = time.evidence != Evidence::none;
  const auto if_tested = [&](Json value) { return is_tested ? std::move(value) : Json(nullptr); };
  return {{"before_s", time.before_s},
          {"after_s", time.after_s},
          {"before_median_s", number_or_null(time.before_median_s)},
          {"after_median_s", number_or_null(time.after_median_s)},
          {"ratio", number_or_null(time.ratio)},
          {"ratio_interval", if_tested(to_json(time.ratio_interval))},
          {"tested_by", to_string(time.evidence)},
          {"p", if_tested(time.p)},
          {"false_discovery_rate", if_tested(time.false_discovery_rate)},
          {"change", to_string(time.change)}};
}

Json block_json(const BlockComparison& block) {
  Json json = {{"first_layer", block.block.first_layer}, {"last_layer", block.block.last_layer}};
  json.update(time_json(block.time));
  return json;
}

Json model_json(const ModelComparison& model) {
  Json blocks = Json::array();
  for (const BlockComparison& block : model.blocks) blocks.push_back(block_json(block));
  return {{"model", model.model},
          {"whole", time_json(model.whole)},
          {"sum", time_json(model.sum)},
          {"slower", model.count(Change::slower)},
          {"faster", model.count(Change::faster)},
          {"unchanged", model.count(Change::unchanged)},
          {"unknown", model.count(Change::unknown)},
          {"blocks", blocks}};
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
  validate(options);
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
  classify_changes(result.models, options);
  return result;
}

std::string format_comparison_json(const ProfileComparison& comparison) {
  Json models = Json::array();
  for (const ModelComparison& model : comparison.models) models.push_back(model_json(model));
  const Json json = {{"format", "scission-comparison"},
                     {"version", 1},
                     {"is_slower", comparison.is_slower()},
                     {"notes", comparison.notes},
                     {"models", models}};
  return format_json(json);
}

}  // namespace scission
