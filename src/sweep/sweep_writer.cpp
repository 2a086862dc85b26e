// docs/sweep-format.md describes the format field by field.
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "scission/sweep/adaptive_io.hpp"
#include "stats/summary_json.hpp"
#include "sweep/sweep_json.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Factor& factor) {
  return {{"name", factor.name}, {"unit", factor.unit}, {"levels", factor.levels}};
}

Json to_json(const GridPlan& plan) {
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

Json to_json(const AdaptiveGrid& grid, const Condition& condition) {
  Json levels = Json::array();
  for (std::size_t i = 0; i < grid.factors.size(); ++i) {
    levels.push_back(grid.factors[i].levels[static_cast<std::size_t>(condition.levels[i])]);
  }
  Json times = Json::array();
  for (std::size_t plan = 0; plan < grid.plans.size(); ++plan) {
    const PlanTime& time = condition.times[plan];
    if (time.is_measured()) times.push_back(to_json(grid.plans[plan].label, time));
  }
  return {{"levels", levels}, {"times", times}};
}

template <typename Element>
Json array_of(const std::vector<Element>& elements) {
  Json array = Json::array();
  for (const Element& element : elements) array.push_back(to_json(element));
  return array;
}

}  // namespace

std::string format_sweep(const AdaptiveGrid& grid) {
  Json conditions = Json::array();
  for (const Condition& condition : grid.conditions) {
    conditions.push_back(to_json(grid, condition));
  }
  const Json json = {{"format", sweep_marker},
                     {"version", sweep_version},
                     {"model", grid.model},
                     {"notes", grid.notes},
                     {"factors", array_of(grid.factors)},
                     {"systems", grid.systems},
                     {"plans", array_of(grid.plans)},
                     {"conditions", conditions}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_sweep(const AdaptiveGrid& grid, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / sweep_file;
  check_grid(grid, path.string());
  make_folder(folder);
  write_file_atomically(path, format_sweep(grid));
}

}  // namespace scission
