#include <fmt/format.h>

#include <map>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_io.hpp"
#include "stats/summary_json.hpp"
#include "sweep/reading_faults.hpp"
#include "sweep/sweep_json.hpp"

namespace scission {
namespace {

using Index = std::map<std::string, std::size_t>;

std::vector<std::string> read_texts(const JsonField& json) {
  std::vector<std::string> texts;
  const std::vector<JsonField> elements = json.elements();
  for (const JsonField& element : elements) texts.push_back(element.text());
  return texts;
}

std::vector<std::string> texts_or_none(const JsonField& json, const char* key) {
  return json.contains(key) ? read_texts(json.at(key)) : std::vector<std::string>();
}

std::vector<double> amounts_or_none(const JsonField& json, const char* key) {
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

GridPlan read_plan(const JsonField& json) {
  return {json.at("label").text(), json.contains("cuts") ? json.at("cuts").small_count() : -1};
}

PlanTime read_time(const JsonField& json) {
  PlanTime time;
  time.seconds = json.at("seconds").amount();
  if (time.seconds == 0) json.at("seconds").fail("must be above 0");
  if (json.contains("interval")) time.interval = read_interval(json.at("interval"));
  if (json.contains("summary")) time.summary = read_summary(json.at("summary"));
  time.samples = amounts_or_none(json, "samples");
  time.system_seconds = amounts_or_none(json, "system_seconds");
  return time;
}

std::size_t read_name(const JsonField& json, const Index& index, std::string_view what) {
  const std::string name = json.text();
  const auto found = index.find(name);
  if (found == index.end()) json.fail(fmt::format("'{}' is none of the {}", name, what));
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
    json.fail(fmt::format("must hold {} levels, one a factor", factors.size()));
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
    if (time.is_measured()) element.fail("times a plan a second time");
    time = read_time(element);
  }
  return condition;
}

void check_format(const JsonField& json) {
  if (!json.contains("format") || json.at("format").text() != sweep_marker) {
    json.fail("is no sweep: \"format\" must be \"scission-sweep\"");
  }
  const int version = json.at("version").small_count();
  if (version == sweep_version) return;
  json.at("version").fail(
      fmt::format("is {}; this program reads version {}: use a newer one", version, sweep_version));
}

void read_conditions(const JsonField& json, AdaptiveGrid& grid) {
  std::vector<Index> factors;
  for (const Factor& factor : grid.factors) factors.push_back(index_of(factor.levels));
  std::vector<std::string> labels;
  for (const GridPlan& plan : grid.plans) labels.push_back(plan.label);
  const Index plans = index_of(labels);
  if (plans.size() != labels.size()) json.fail("two plans have one label");
  const JsonField field = json.at("conditions");
  const std::vector<JsonField> elements = field.elements();
  for (const JsonField& element : elements) {
    grid.conditions.push_back(read_condition(element, factors, plans));
  }
}

AdaptiveGrid read_grid(const JsonField& json) {
  check_format(json);
  AdaptiveGrid grid;
  grid.model = json.at("model").text();
  grid.notes = texts_or_none(json, "notes");
  grid.systems = texts_or_none(json, "systems");
  const JsonField factors = json.at("factors");
  const std::vector<JsonField> factor_elements = factors.elements();
  for (const JsonField& factor : factor_elements) grid.factors.push_back(read_factor(factor));
  const JsonField plans = json.at("plans");
  const std::vector<JsonField> plan_elements = plans.elements();
  for (const JsonField& plan : plan_elements) grid.plans.push_back(read_plan(plan));
  read_conditions(json, grid);
  return grid;
}

}  // namespace

AdaptiveGrid parse_sweep(std::string_view text, const std::string& place) {
  const nlohmann::json json = parse_json(text, place);
  AdaptiveGrid grid = read_grid(JsonField(json, place));
  try {
    check_grid(grid, place);
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, error.message(), place);
  }
  return grid;
}

SweepReading read_sweep(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path file = is_folder ? path / sweep_file : path;
  if (is_folder && !std::filesystem::exists(file, ignored)) return read_study_folder(path);
  SweepReading reading;
  reading.grid = parse_sweep(read_file(file), file.string());
  add_faults(reading, [&](const std::vector<int>& levels) {
    return "condition " + condition_code(reading.grid, levels);
  });
  return reading;
}

}  // namespace scission
