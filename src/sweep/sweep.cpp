#include "scission/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission {
namespace {

constexpr std::size_t min_interval_samples = 6;  // fewer cannot bound a median with 95 %
constexpr std::size_t max_digit_levels = 10;

bool has_short_code(const Sweep& sweep) {
  return std::all_of(sweep.factors.begin(), sweep.factors.end(),
                     [](const Factor& factor) { return factor.levels.size() <= max_digit_levels; });
}

[[noreturn]] void fail_code(const Sweep& sweep, const std::string& code) {
  const std::vector<int> first(sweep.factors.size(), 0);
  throw_invalid_argument(
      fmt::format("'{}' is not a condition; give a level index for each of the {} "
                  "factors, such as {}",
                  code, sweep.factors.size(), format_condition_code(sweep, first)));
}

std::vector<std::string> parts_of_code(const Sweep& sweep, const std::string& code) {
  std::vector<std::string> parts;
  if (has_short_code(sweep)) {
    for (const char digit : code) parts.emplace_back(1, digit);
  } else {
    for (const std::string_view part : text::split(code, '.')) parts.emplace_back(part);
  }
  return parts;
}

/// The next combination of levels, the last factor fastest; false after the last combination.
bool advance(const Sweep& sweep, std::vector<int>& levels) {
  for (std::size_t factor = levels.size(); factor-- > 0;) {
    if (++levels[factor] < static_cast<int>(sweep.factors[factor].levels.size())) return true;
    levels[factor] = 0;
  }
  return false;
}

class SweepValidator {
 public:
  SweepValidator(const Sweep& sweep, const std::string& place) : sweep_(sweep), place_(place) {}

  void run() const {
    if (sweep_.plans.empty()) fail("has no plan");
    if (sweep_.conditions.empty()) fail("has no condition");
    validate_factors();
    validate_plans();
    std::set<std::vector<int>> seen;
    for (std::size_t i = 0; i < sweep_.conditions.size(); ++i) {
      validate_condition(i);
      if (!seen.insert(sweep_.conditions[i].levels).second) {
        fail(fmt::format("condition {} is not unique", code(i)));
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const { throw_invalid_argument(fault, place_); }

  std::string code(std::size_t condition) const {
    return format_condition_code(sweep_, sweep_.conditions[condition].levels);
  }

  void validate_factors() const {
    std::set<std::string> names;
    for (const Factor& factor : sweep_.factors) {
      if (factor.name.empty()) fail("a factor has no name");
      if (!names.insert(factor.name).second) fail("factor '" + factor.name + "' is not unique");
      if (factor.levels.empty()) fail("factor '" + factor.name + "' has no levels");
      const std::set<std::string> levels(factor.levels.begin(), factor.levels.end());
      if (levels.size() != factor.levels.size()) {
        fail("factor '" + factor.name + "' has two equal levels");
      }
    }
  }

  void validate_plans() const {
    std::set<std::string> labels;
    for (const SweepPlan& plan : sweep_.plans) {
      if (plan.label.empty()) fail("a plan has no label");
      if (!labels.insert(plan.label).second) fail("plan '" + plan.label + "' is not unique");
    }
  }

  void validate_condition(std::size_t index) const {
    const Condition& condition = sweep_.conditions[index];
    if (condition.levels.size() != sweep_.factors.size()) {
      fail(fmt::format("condition {} has {} levels for {} factors", index, condition.levels.size(),
                       sweep_.factors.size()));
    }
    for (std::size_t i = 0; i < condition.levels.size(); ++i) {
      const int count = static_cast<int>(sweep_.factors[i].levels.size());
      if (condition.levels[i] >= 0 && condition.levels[i] < count) continue;
      fail(fmt::format("condition {}: factor '{}' has no level {}", index, sweep_.factors[i].name,
                       condition.levels[i]));
    }
    if (condition.times.size() != sweep_.plans.size()) {
      fail(fmt::format("condition {} has {} times for {} plans", code(index),
                       condition.times.size(), sweep_.plans.size()));
    }
    for (std::size_t plan = 0; plan < sweep_.plans.size(); ++plan) {
      validate_time(condition.times[plan],
                    fmt::format("condition {}, plan '{}'", code(index), sweep_.plans[plan].label));
    }
  }

  void validate_time(const PlanTime& time, const std::string& where) const {
    if (!std::isfinite(time.seconds) || time.seconds < 0)
      fail(where + ": is not a time in seconds");
    if (time.has_interval() && time.interval.low <= 0) fail(where + ": its interval contains 0");
    const std::size_t parts = time.system_seconds.size();
    if (parts != 0 && parts != sweep_.systems.size()) {
      fail(fmt::format("{}: has {} systems' times for {} systems", where, parts,
                       sweep_.systems.size()));
    }
  }

  const Sweep& sweep_;
  const std::string& place_;
};

}  // namespace

PlanTime plan_time_from_samples(std::vector<double> samples) {
  if (samples.empty()) throw_invalid_argument("a plan's time needs a sample");
  PlanTime time;
  time.summary = summarise(samples);
  time.seconds = time.summary.median;
  if (samples.size() >= min_interval_samples) time.interval = time.summary.interval;
  time.samples = std::move(samples);
  return time;
}

std::size_t full_factorial_size(const Sweep& sweep) {
  constexpr std::size_t max_size = std::numeric_limits<std::size_t>::max();
  std::size_t size = 1;
  for (const Factor& factor : sweep.factors) {
    if (!factor.levels.empty() && size > max_size / factor.levels.size()) return max_size;
    size *= factor.levels.size();
  }
  return size;
}

std::optional<std::size_t> find_condition(const Sweep& sweep, const std::vector<int>& levels) {
  const auto found =
      std::find_if(sweep.conditions.begin(), sweep.conditions.end(),
                   [&](const Condition& condition) { return condition.levels == levels; });
  if (found == sweep.conditions.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sweep.conditions.begin());
}

std::vector<std::vector<int>> missing_conditions(const Sweep& sweep, std::size_t max_count) {
  std::set<std::vector<int>> present;
  for (const Condition& condition : sweep.conditions) present.insert(condition.levels);
  std::vector<std::vector<int>> missing;
  if (full_factorial_size(sweep) == 0) return missing;
  std::vector<int> levels(sweep.factors.size(), 0);
  do {
    if (missing.size() >= max_count) break;
    if (!present.contains(levels)) missing.push_back(levels);
  } while (advance(sweep, levels));
  return missing;
}

std::string format_condition_code(const Sweep& sweep, const std::vector<int>& levels) {
  std::vector<std::string> parts;
  for (const int level : levels) parts.push_back(std::to_string(level));
  return text::join(parts, has_short_code(sweep) ? "" : ".");
}

std::vector<int> parse_condition_code(const Sweep& sweep, const std::string& code) {
  const std::vector<std::string> parts = parts_of_code(sweep, code);
  if (parts.size() != sweep.factors.size()) fail_code(sweep, code);
  std::vector<int> levels;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<int> level = text::to_int(parts[i]);
    const int count = static_cast<int>(sweep.factors[i].levels.size());
    if (!level || *level < 0 || *level >= count) fail_code(sweep, code);
    levels.push_back(*level);
  }
  return levels;
}

std::string describe_level(const Factor& factor, int level) {
  const std::string& label = factor.levels.at(static_cast<std::size_t>(level));
  return factor.unit.empty() ? label : label + " " + factor.unit;
}

std::string describe_condition(const Sweep& sweep, const std::vector<int>& levels) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    parts.push_back(sweep.factors[i].name + " " + describe_level(sweep.factors[i], levels[i]));
  }
  return text::join(parts, ", ");
}

void validate_sweep(const Sweep& sweep, const std::string& place) {
  SweepValidator(sweep, place).run();
}

}  // namespace scission
