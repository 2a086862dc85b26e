// sweep.json; docs/sweep-format.md describes its fields.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/sweep.hpp"
#include "stats/summary_json.hpp"
#include "sweep/reading_faults.hpp"

namespace scission {
namespace {

constexpr const char* format_name = "scission-sweep";
constexpr int format_version = 1;
constexpr const char* file_name = "sweep.json";

// --- Writing ---

using Json = nlohmann::ordered_json;

Json to_json(const Factor& factor) {
  return {{"name", factor.name}, {"unit", factor.unit}, {"levels", factor.levels}};
}

Json to_json(const SweepPlan& plan) {
  Json json = {{"label", plan.label}};
  if (plan.cuts >= 0) json["cuts"] = plan.cuts;
  return json;
}

Json to_json(const std::string& label, const PlanTime& time) {
  Json json = {{"plan", label}, {"seconds", time.seconds}};
  if (time.has_interval()) json["interval"] = to_json(time.interval);
  if (time.summary.count > 0) json["summary"] = to_json(time.summary);
  if (!time.system_seconds.empty()) json["system_seconds"] = time.system_seconds;
  if (!time.samples.empty()) json["samples"] = time.samples;
  return json;
}

Json to_json(const Sweep& sweep, const Condition& condition) {
  Json levels = Json::array();
  for (std::size_t i = 0; i < sweep.factors.size(); ++i) {
    levels.push_back(sweep.factors[i].levels[static_cast<std::size_t>(condition.levels[i])]);
  }
  Json times = Json::array();
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const PlanTime& time = condition.times[plan];
    if (time.is_measured()) times.push_back(to_json(sweep.plans[plan].label, time));
  }
  return {{"levels", levels}, {"times", times}};
}

template <typename Element>
Json array_of(const std::vector<Element>& elements) {
  Json array = Json::array();
  for (const Element& element : elements) array.push_back(to_json(element));
  return array;
}

// --- Reading ---

using Index = std::map<std::string, std::size_t>;

std::vector<std::string> read_texts(const JsonField& json) {
  std::vector<std::string> texts;
  const std::vector<JsonField> elements = json.elements();
  for (const JsonField& element : elements) texts.push_back(element.text());
  return texts;
}

std::vector<std::string> optional_texts(const JsonField& json, const char* key) {
  return json.contains(key) ? read_texts(json.at(key)) : std::vector<std::string>();
}

std::vector<double> optional_amounts(const JsonField& json, const char* key) {
  std::vector<double> amounts;
  if (!json.contains(key)) return amounts;
  const JsonField field = json.at(key);
  const std::vector<JsonField> elements = field.elements();
  for (const JsonField& element : elements) amounts.push_back(element.amount());
  return amounts;
}

Factor read_factor(const JsonField& json) {
  return {json.at("name").text(), json.contains("unit") ? json.at("unit").text() : "",
          read_texts(json.at("levels"))};
}

SweepPlan read_plan(const JsonField& json) {
  return {json.at("label").text(), json.contains("cuts") ? json.at("cuts").small_count() : -1};
}

PlanTime read_time(const JsonField& json) {
  PlanTime time;
  time.seconds = json.at("seconds").amount();
  if (time.seconds == 0) json.at("seconds").fail("must be greater than 0");
  if (json.contains("interval")) time.interval = read_interval(json.at("interval"));
  if (json.contains("summary")) time.summary = read_summary(json.at("summary"));
  time.samples = optional_amounts(json, "samples");
  time.system_seconds = optional_amounts(json, "system_seconds");
  return time;
}

std::size_t read_name(const JsonField& json, const Index& index, std::string_view what) {
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

std::vector<int> read_levels(const JsonField& json, const std::vector<Index>& factors) {
  const std::vector<JsonField> elements = json.elements();
  if (elements.size() != factors.size()) {
    json.fail(fmt::format("must have {} levels, one for each factor", factors.size()));
  }
  std::vector<int> levels;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    levels.push_back(static_cast<int>(read_name(elements[i], factors[i], "factor's levels")));
  }
  return levels;
}

Condition read_condition(const JsonField& json, const std::vector<Index>& factors,
                         const Index& plans) {
  Condition condition{read_levels(json.at("levels"), factors), std::vector<PlanTime>(plans.size())};
  const JsonField times = json.at("times");
  const std::vector<JsonField> elements = times.elements();
  for (const JsonField& element : elements) {
    PlanTime& time = condition.times[read_name(element.at("plan"), plans, "plans")];
    if (time.is_measured()) element.fail("gives a second time for a plan");
    time = read_time(element);
  }
  return condition;
}

void check_format(const JsonField& json) {
  if (!json.contains("format") || json.at("format").text() != format_name) {
    json.fail("is not a sweep: \"format\" must be \"scission-sweep\"");
  }
  const int version = json.at("version").small_count();
  if (version == format_version) return;
  json.at("version").fail(fmt::format(
      "is {}, but this program reads version {}: use a newer program", version, format_version));
}

void read_conditions(const JsonField& json, Sweep& sweep) {
  std::vector<Index> factors;
  for (const Factor& factor : sweep.factors) factors.push_back(index_of(factor.levels));
  std::vector<std::string> labels;
  for (const SweepPlan& plan : sweep.plans) labels.push_back(plan.label);
  const Index plans = index_of(labels);
  if (plans.size() != labels.size()) json.fail("two plans have the same label");
  const JsonField field = json.at("conditions");
  const std::vector<JsonField> elements = field.elements();
  for (const JsonField& element : elements) {
    sweep.conditions.push_back(read_condition(element, factors, plans));
  }
}

Sweep read_fields(const JsonField& json) {
  check_format(json);
  Sweep sweep;
  sweep.model = json.at("model").text();
  sweep.notes = optional_texts(json, "notes");
  sweep.systems = optional_texts(json, "systems");
  const JsonField factors = json.at("factors");
  const std::vector<JsonField> factor_elements = factors.elements();
  for (const JsonField& factor : factor_elements) sweep.factors.push_back(read_factor(factor));
  const JsonField plans = json.at("plans");
  const std::vector<JsonField> plan_elements = plans.elements();
  for (const JsonField& plan : plan_elements) sweep.plans.push_back(read_plan(plan));
  read_conditions(json, sweep);
  return sweep;
}

}  // namespace

std::string format_sweep(const Sweep& sweep) {
  Json conditions = Json::array();
  for (const Condition& condition : sweep.conditions) {
    conditions.push_back(to_json(sweep, condition));
  }
  const Json json = {{"format", format_name},
                     {"version", format_version},
                     {"model", sweep.model},
                     {"notes", sweep.notes},
                     {"factors", array_of(sweep.factors)},
                     {"systems", sweep.systems},
                     {"plans", array_of(sweep.plans)},
                     {"conditions", conditions}};
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
  Sweep sweep = read_fields(JsonField(json, place));
  try {
    validate_sweep(sweep, place);
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, error.message(), place);
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

}  // namespace scission
