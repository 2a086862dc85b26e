#include "sweep/reading_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace scission {
namespace {

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
