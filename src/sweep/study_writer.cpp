#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_io.hpp"

namespace scission {
namespace {

[[noreturn]] void refuse(const std::string& fault, const std::filesystem::path& folder) {
  throw Error(ErrorCode::invalid_argument, fault + "; write sweep.json instead", folder.string());
}

void check_for_study(const AdaptiveGrid& grid, const std::filesystem::path& folder) {
  if (grid.systems.size() != 2) {
    refuse("the study's files are of two systems", folder);
  }
  for (const Factor& factor : grid.factors) {
    if (factor.levels.size() > 10)
      refuse("factor '" + factor.name + "' has too many levels", folder);
  }
  for (const GridPlan& plan : grid.plans) {
    if (plan.label.find_first_of(" \t\n") != std::string::npos) {
      refuse("plan '" + plan.label + "' has a space in its label", folder);
    }
  }
}

std::string rows_of(const AdaptiveGrid& grid, const Condition& condition,
                    const std::filesystem::path& folder) {
  std::string rows;
  for (std::size_t plan = 0; plan < grid.plans.size(); ++plan) {
    const PlanTime& time = condition.times[plan];
    if (!time.is_measured()) continue;
    if (time.system_seconds.size() != 2) {
      refuse("plan '" + grid.plans[plan].label + "' lacks the systems' times", folder);
    }
    rows += fmt::format("{} {} {} {}\n", time.seconds, time.system_seconds[0],
                        time.system_seconds[1], grid.plans[plan].label);
  }
  return rows;
}

}  // namespace

void write_study_files(const AdaptiveGrid& grid, const std::filesystem::path& folder) {
  check_grid(grid, folder.string());
  check_for_study(grid, folder);
  std::vector<std::string> contents;
  for (const Condition& condition : grid.conditions) {
    contents.push_back(rows_of(grid, condition, folder));
  }
  make_folder(folder);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string code = condition_code(grid, grid.conditions[i].levels);
    write_file_atomically(folder / ("weights_" + code + ".txt"), contents[i]);
  }
}

}  // namespace scission
