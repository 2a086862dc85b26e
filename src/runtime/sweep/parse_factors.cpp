// Factors from comma-separated lists.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"

namespace scission::runtime {
namespace {

using Names = std::vector<std::string>;

/// The levels that belong to one name: "edge=0" and the "50" after it.
struct NamedLevels {
  std::string name;
  Names levels;
};

std::vector<NamedLevels> group_by_name(const Names& items) {
  std::vector<NamedLevels> all;
  for (const std::string& item : items) {
    const std::size_t equals = item.rfind('=');
    if (equals != item.npos) {
      all.push_back({item.substr(0, equals), {item.substr(equals + 1)}});
    } else {
      if (all.empty()) all.push_back({});
      all.back().levels.push_back(item);
    }
  }
  return all;
}

bool contains(const Names& systems, const std::string& system) {
  return std::find(systems.begin(), systems.end(), system) != systems.end();
}

Error invalid(const std::string& message, const std::string& place) {
  return {ErrorCode::invalid_argument, message, place};
}

double parse_level(const std::string& level, FactorKind kind, const std::string& place) {
  const std::optional<double> value = text::to_double(level);
  const bool is_rate = kind == FactorKind::link_rate;
  const bool is_valid =
      value && std::isfinite(*value) &&
      (is_rate ? *value > 0 : *value >= 0 && *value <= 100 && *value == std::floor(*value));
  if (is_valid) return *value;
  throw invalid(fmt::format("'{}' is not a valid level; write {}", level,
                            is_rate ? "Mbit/s above 0: 50,25,10" : "whole %: 0,50,100"),
                place);
}

void set_levels(SweepFactor& factor, const Names& levels, const std::string& place) {
  for (const std::string& level : levels) {
    const double value = parse_level(level, factor.kind, place);
    if (std::find(factor.values.begin(), factor.values.end(), value) != factor.values.end()) {
      throw invalid(fmt::format("the level '{}' is given twice", level), place);
    }
    factor.values.push_back(value);
    factor.factor.levels.push_back(level);
  }
}

/// Splits "edge-cloud-1" at the dash that leaves two systems: a system's name may contain dashes.
void set_ends(SweepFactor& factor, const std::string& link, const Names& systems,
              const std::string& place) {
  for (std::size_t dash = link.find('-'); dash != link.npos; dash = link.find('-', dash + 1)) {
    const std::string one = link.substr(0, dash);
    const std::string other = link.substr(dash + 1);
    if (!contains(systems, one) || !contains(systems, other) || one == other) continue;
    factor.one_end = one;
    factor.other_end = other;
  }
  if (!factor.one_end.empty()) return;
  throw invalid(fmt::format("'{}' is not a link; write A-B=50,25 with A and B from {}", link,
                            fmt::join(systems, ", ")),
                place);
}

SweepFactor rate_factor(const NamedLevels& levels, const FactorText& text, const Names& systems) {
  SweepFactor factor;
  factor.factor = {"network", "Mbit/s", {}};
  if (!levels.name.empty()) {
    set_ends(factor, levels.name, systems, text.place);
    factor.factor.name = "network " + levels.name;
  }
  set_levels(factor, levels.levels, text.place);
  return factor;
}

SweepFactor stress_factor(const NamedLevels& levels, const FactorText& text, const Names& systems) {
  if (!contains(systems, levels.name)) {
    throw invalid(fmt::format("'{}' is not one of the systems {}; write SYSTEM=0,50,100",
                              levels.name, fmt::join(systems, ", ")),
                  text.place);
  }
  const char* resource = text.kind == FactorKind::cpu_stress ? "CPU" : "memory";
  SweepFactor factor;
  factor.kind = text.kind;
  factor.system = levels.name;
  factor.factor = {fmt::format("{} {} stress", levels.name, resource), "%", {}};
  set_levels(factor, levels.levels, fmt::format("{} {}", text.place, levels.name));
  return factor;
}

}  // namespace

std::vector<SweepFactor> parse_factors(const std::vector<FactorText>& texts,
                                       const std::vector<std::string>& systems) {
  std::vector<SweepFactor> factors;
  for (const FactorText& text : texts) {
    const bool is_rate = text.kind == FactorKind::link_rate;
    for (const NamedLevels& levels : group_by_name(text.items)) {
      SweepFactor next =
          is_rate ? rate_factor(levels, text, systems) : stress_factor(levels, text, systems);
      for (const SweepFactor& factor : factors) {
        if (factor.factor.name != next.factor.name) continue;
        throw invalid(fmt::format("the factor '{}' is given twice", next.factor.name), text.place);
      }
      factors.push_back(std::move(next));
    }
  }
  return factors;
}

}  // namespace scission::runtime
