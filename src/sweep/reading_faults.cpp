#include "sweep/reading_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace scission {
namespace {

constexpr std::size_t most_named = 1000;
constexpr std::size_t most_looked_at = 1'000'000;  // for those whose file is damaged
constexpr std::size_t most_labels = 8;

std::string lacking(const AdaptiveGrid& grid, const Condition& condition) {
  std::vector<std::string> labels;
  for (std::size_t plan = 0; plan < grid.plans.size(); ++plan) {
    if (!condition.times[plan].is_measured()) labels.push_back(grid.plans[plan].label);
  }
  if (labels.empty()) return {};
  const std::size_t count = labels.size();
  if (count > most_labels) {
    labels.resize(most_labels);
    labels.emplace_back("…");
  }
  return fmt::format("lacks {} of {} plans: {}", count, grid.plans.size(),
                     text::join(labels, ", "));
}

}  // namespace

std::string to_string(SweepFault fault) {
  static const std::array<std::string, 3> names = {"missing", "damaged", "short"};
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
  const AdaptiveGrid& grid = reading.grid;
  std::set<std::string> damaged;
  for (const FaultyFile& file : reading.faults) damaged.insert(file.file);
  for (const Condition& condition : grid.conditions) {
    const std::string fault = lacking(grid, condition);
    if (!fault.empty()) {
      reading.faults.push_back({SweepFault::short_, name(condition.levels), fault});
    }
  }
  reading.expected = full_size(grid);
  reading.missing = reading.expected - grid.conditions.size();
  std::size_t named = 0;
  for (const std::vector<int>& levels : missing_conditions(grid, most_looked_at)) {
    const std::string file = name(levels);
    if (damaged.contains(file)) {
      --reading.missing;
    } else if (named++ < most_named) {
      reading.faults.push_back({SweepFault::missing, file, describe_condition(grid, levels)});
    }
  }
  std::stable_sort(reading.faults.begin(), reading.faults.end(),
                   [](const FaultyFile& a, const FaultyFile& b) { return a.file < b.file; });
}

}  // namespace scission
