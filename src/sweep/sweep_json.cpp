// sweep.json; docs/sweep-format.md describes its fields.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/sweep.hpp"
#include "stats/summary_json.hpp"
#include "sweep/reading_faults.hpp"

namespace scission {
namespace {

constexpr JsonFormat format{"scission-sweep", 1, "sweep", "sweep again"};
constexpr const char* file_name = "sweep.json";

// --- Writing ---

using Json = nlohmann::ordered_json;

Json factor_json(const Factor& factor) {
  return {{"name", factor.name}, {"unit", factor.unit}, {"levels", factor.levels}};
}

Json plan_json(const SweepPlan& plan) {
  Json json = {{"label", plan.label}};
  if (plan.cuts >= 0) json["cuts"] = plan.cuts;
  return json;
}

Json time_json(const std::string& label, const PlanTime& time) {
  Json json = {{"plan", label}, {"seconds", time.seconds}};
  if (time.has_interval()) json["interval"] = to_json(time.interval);
  if (time.summary.count > 0) json["summary"] = to_json(time.summary);
  if (!time.system_seconds.empty()) json["system_seconds"] = time.system_seconds;
  if (!time.samples.empty()) json["samples"] = time.samples;
  return json;
}

Json condition_json(const Sweep& sweep, const Condition& condition) {
  Json levels = Json::array();
  for (std::size_t i = 0; i < sweep.factors.size(); ++i) {
    levels.push_back(sweep.factors[i].levels[static_cast<std::size_t>(condition.levels[i])]);
  }
  Json times = Json::array();
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const PlanTime& time = condition.times[plan];
    if (time.is_measured()) times.push_back(time_json(sweep.plans[plan].label, time));
  }
  return {{"levels", levels}, {"times", times}};
}

// --- Reading ---

using Index = std::map<std::string, std::size_t>;

Factor parse_factor(const JsonField& json) {
  return {json.at("name").text(), json.text_or("unit"), json.at("levels").each(&JsonField::text)};
}

SweepPlan parse_plan(const JsonField& json) {
  return {json.at("label").text(), json.contains("cuts") ? json.at("cuts").small_count() : -1};
}

PlanTime parse_time(const JsonField& json) {
  PlanTime time;
  time.seconds = json.at("seconds").amount();
  if (time.seconds == 0) json.at("seconds").fail("must be greater than 0");
  if (json.contains("interval")) time.interval = parse_interval(json.at("interval"));
  if (json.contains("summary")) time.summary = parse_summary(json.at("summary"));
  time.samples = json.each_of("samples", &JsonField::amount);
  time.system_seconds = json.each_of("system_seconds", &JsonField::amount);
  return time;
}

std::size_t parse_name(const JsonField& json, const Index& index, std::string_view what) {
  const std::string name = json.text();
  const auto found = index.find(name);
  if (found == index.end()) json.fail(fmt::format("'{}' is not one of the {}", name, what));
  return found->second;
}

Index index_of(const std::vector<std::string>& names) {
  Index index;
  for (std::size_t i = 0; i < names.size(); ++i) index[names[i]] = i;
  return index;
}

std::vector<int> parse_levels(const JsonField& json, const std::vector<Index>& factors) {
  const std::vector<JsonField> elements = json.elements();
  if (elements.size() != factors.size()) {
    json.fail(fmt::format("must have {} levels, one for each factor", factors.size()));
  }
  std::vector<int> levels;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    levels.push_back(static_cast<int>(parse_name(elements[i], factors[i], "factor's levels")));
  }
  return levels;
}

Condition read_condition(const JsonField& json, const std::vector<Index>& factors,
                         const Index& plans) {
  Condition condition{parse_levels(json.at("levels"), factors),
                      std::vector<PlanTime>(plans.size())};
  const JsonField times = json.at("times");
  for (const JsonField& element : times.elements()) {
    PlanTime& time = condition.times[parse_name(element.at("plan"), plans, "plans")];
    if (time.is_measured()) element.fail("gives a second time for a plan");
    time = parse_time(element);
  }
  return condition;
}

void parse_conditions(const JsonField& json, Sweep& sweep) {
  std::vector<Index> factors;
  for (const Factor& factor : sweep.factors) factors.push_back(index_of(factor.levels));
  std::vector<std::string> labels;
  for (const SweepPlan& plan : sweep.plans) labels.push_back(plan.label);
  const Index plans = index_of(labels);
  if (plans.size() != labels.size()) json.fail("two plans have the same label");
  sweep.conditions = json.at("conditions").each([&](const JsonField& condition) {
    return read_condition(condition, factors, plans);
  });
}

Sweep parse_fields(const JsonField& json) {
  Sweep sweep;
  sweep.model = json.at("model").text();
  sweep.notes = json.each_of("notes", &JsonField::text);
  sweep.systems = json.each_of("systems", &JsonField::text);
  sweep.factors = json.at("factors").each(parse_factor);
  sweep.plans = json.at("plans").each(parse_plan);
  parse_conditions(json, sweep);
  return sweep;
}

constexpr std::size_t max_named = 1000;
constexpr std::size_t max_inspected = 1'000'000;  // to tell damaged from missing files
constexpr std::size_t max_labels = 8;

std::string describe_lack(const Sweep& sweep, const Condition& condition) {
  std::vector<std::string> labels;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    if (!condition.times[plan].is_measured()) labels.push_back(sweep.plans[plan].label);
  }
  if (labels.empty()) return {};
  const std::size_t count = labels.size();
  if (count > max_labels) {
    labels.resize(max_labels);
    labels.emplace_back("…");
  }
  return fmt::format("lacks {} of {} plans: {}", count, sweep.plans.size(),
                     text::join(labels, ", "));
}

}  // namespace

std::string format_sweep(const Sweep& sweep) {
  const auto condition = [&](const Condition& one) { return condition_json(sweep, one); };
  const Json json = {{"format", format.marker},
                     {"version", format.newest_version},
                     {"model", sweep.model},
                     {"notes", sweep.notes},
                     {"factors", json_array(sweep.factors, factor_json)},
                     {"systems", sweep.systems},
                     {"plans", json_array(sweep.plans, plan_json)},
                     {"conditions", json_array(sweep.conditions, condition)}};
  return format_json(json, 1);
}

void write_sweep(const Sweep& sweep, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / file_name;
  validate_sweep(sweep, path.string());
  make_folder(folder);
  write_file_atomically(path, format_sweep(sweep));
}

Sweep parse_sweep(std::string_view text, const std::string& place) {
  const nlohmann::json json = parse_json(text, place);
  validate_format(json, format, place);
  Sweep sweep = parse_fields(JsonField(json, place));
  try {
    validate_sweep(sweep, place);
  } catch (const Error& error) {
    throw_damaged(error.message(), place);
  }
  return sweep;
}

SweepReading read_sweep(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path file = is_folder ? path / file_name : path;
  if (is_folder && !std::filesystem::exists(file, ignored)) return read_study_folder(path);
  SweepReading reading;
  reading.sweep = parse_sweep(read_file(file), file.string());
  add_faults(reading, [&](const std::vector<int>& levels) {
    return "condition " + format_condition_code(reading.sweep, levels);
  });
  return reading;
}

std::string to_string(SweepFault fault) {
  static const std::array<std::string, 3> names = {"missing", "damaged", "incomplete"};
  return names.at(static_cast<std::size_t>(fault));
}

std::size_t SweepReading::count(SweepFault fault) const {
  if (fault == SweepFault::missing) return missing;
  return static_cast<std::size_t>(
      std::count_if(faults.begin(), faults.end(),
                    [fault](const FaultyFile& file) { return file.fault == fault; }));
}

void add_faults(SweepReading& reading,
                const std::function<std::string(const std::vector<int>& levels)>& name) {
  const Sweep& sweep = reading.sweep;
  std::set<std::string> damaged;
  for (const FaultyFile& file : reading.faults) damaged.insert(file.file);
  for (const Condition& condition : sweep.conditions) {
    const std::string fault = describe_lack(sweep, condition);
    if (!fault.empty()) {
      reading.faults.push_back({SweepFault::incomplete, name(condition.levels), fault});
    }
  }
  reading.expected = full_factorial_size(sweep);
  reading.missing = reading.expected - sweep.conditions.size();
  std::size_t named = 0;
  for (const std::vector<int>& levels : missing_conditions(sweep, max_inspected)) {
    const std::string file = name(levels);
    if (damaged.contains(file)) {
      --reading.missing;
    } else if (named++ < max_named) {
      reading.faults.push_back({SweepFault::missing, file, describe_condition(sweep, levels)});
    }
  }
  std::stable_sort(reading.faults.begin(), reading.faults.end(),
                   [](const FaultyFile& a, const FaultyFile& b) { return a.file < b.file; });
}

}  // namespace scission
