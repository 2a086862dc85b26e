#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_grid.hpp"

namespace scission {
namespace {

constexpr std::size_t least_for_interval = 6;  // of the median's: fewer samples cannot bound 95 %
constexpr std::size_t most_digits = 10;        // levels that one digit tells apart

bool has_short_code(const AdaptiveGrid& grid) {
  return std::all_of(grid.factors.begin(), grid.factors.end(),
                     [](const Factor& factor) { return factor.levels.size() <= most_digits; });
}

[[noreturn]] void fail_code(const AdaptiveGrid& grid, const std::string& code) {
  const std::vector<int> first(grid.factors.size(), 0);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is no condition; write the number of a level for each of the {} "
                          "factors, as {}",
                          code, grid.factors.size(), condition_code(grid, first)));
}

std::vector<std::string> parts_of_code(const AdaptiveGrid& grid, const std::string& code) {
  std::vector<std::string> parts;
  if (has_short_code(grid)) {
    for (const char digit : code) parts.emplace_back(1, digit);
  } else {
    for (const std::string_view part : text::split(code, '.')) parts.emplace_back(part);
  }
  return parts;
}

/// The next combination, the last factor running fastest; false after the last one.
bool advance(const AdaptiveGrid& grid, std::vector<int>& levels) {
  for (std::size_t factor = levels.size(); factor-- > 0;) {
    if (++levels[factor] < static_cast<int>(grid.factors[factor].levels.size())) return true;
    levels[factor] = 0;
  }
  return false;
}

}  // namespace

PlanTime plan_time_of(std::vector<double> samples) {
  if (samples.empty()) throw Error(ErrorCode::invalid_argument, "a plan's time needs a sample");
  PlanTime time;
  time.summary = summarise(samples);
  time.seconds = time.summary.median;
  if (samples.size() >= least_for_interval) time.interval = time.summary.interval;
  time.samples = std::move(samples);
  return time;
}

std::size_t full_size(const AdaptiveGrid& grid) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  std::size_t size = 1;
  for (const Factor& factor : grid.factors) {
    if (!factor.levels.empty() && size > most / factor.levels.size()) return most;
    size *= factor.levels.size();
  }
  return size;
}

std::optional<std::size_t> find_condition(const AdaptiveGrid& grid,
                                          const std::vector<int>& levels) {
  const auto found =
      std::find_if(grid.conditions.begin(), grid.conditions.end(),
                   [&](const Condition& condition) { return condition.levels == levels; });
  if (found == grid.conditions.end()) return std::nullopt;
  return static_cast<std::size_t>(found - grid.conditions.begin());
}

std::vector<std::vector<int>> missing_conditions(const AdaptiveGrid& grid, std::size_t most) {
  std::set<std::vector<int>> present;
  for (const Condition& condition : grid.conditions) present.insert(condition.levels);
  std::vector<std::vector<int>> missing;
  if (full_size(grid) == 0) return missing;
  std::vector<int> levels(grid.factors.size(), 0);
  do {
    if (missing.size() >= most) break;
    if (!present.contains(levels)) missing.push_back(levels);
  } while (advance(grid, levels));
  return missing;
}

std::string condition_code(const AdaptiveGrid& grid, const std::vector<int>& levels) {
  std::vector<std::string> parts;
  for (const int level : levels) parts.push_back(std::to_string(level));
  return text::join(parts, has_short_code(grid) ? "" : ".");
}

std::vector<int> condition_of_code(const AdaptiveGrid& grid, const std::string& code) {
  const std::vector<std::string> parts = parts_of_code(grid, code);
  if (parts.size() != grid.factors.size()) fail_code(grid, code);
  std::vector<int> levels;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<int> level = text::to_int(parts[i]);
    const int count = static_cast<int>(grid.factors[i].levels.size());
    if (!level || *level < 0 || *level >= count) fail_code(grid, code);
    levels.push_back(*level);
  }
  return levels;
}

std::string describe_level(const Factor& factor, int level) {
  const std::string& label = factor.levels.at(static_cast<std::size_t>(level));
  return factor.unit.empty() ? label : label + " " + factor.unit;
}

std::string describe_condition(const AdaptiveGrid& grid, const std::vector<int>& levels) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    parts.push_back(grid.factors[i].name + " " + describe_level(grid.factors[i], levels[i]));
  }
  return text::join(parts, ", ");
}

}  // namespace scission
