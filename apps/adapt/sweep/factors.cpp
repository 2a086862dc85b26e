#include "adapt/sweep/factors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "command_line.hpp"

namespace scission::sweep {
namespace {

/// Levels of one name: "edge=0", "50" belong together, and "50" without a name are of "".
struct NamedLevels {
  std::string name;
  std::vector<std::string> levels;
};

std::vector<NamedLevels> by_names(const std::vector<std::string>& items) {
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

bool is_one_of(const std::string& system, const std::vector<std::string>& systems) {
  return std::find(systems.begin(), systems.end(), system) != systems.end();
}

double value_of(const std::string& level, FactorKind kind, const std::string& option) {
  const std::optional<double> value = text::to_double(level);
  const bool is_rate = kind == FactorKind::rate;
  const bool is_sound =
      value && std::isfinite(*value) &&
      (is_rate ? *value > 0 : *value >= 0 && *value <= 100 && *value == std::floor(*value));
  if (is_sound) return *value;
  throw apps::usage_error(fmt::format("'{}' is no level; write {}", level,
                                      is_rate ? "Mbit/s above 0: 50,25,10" : "whole %: 0,50,100"),
                          option);
}

void set_levels(SweepFactor& factor, const std::vector<std::string>& levels,
                const std::string& option) {
  for (const std::string& level : levels) {
    const double value = value_of(level, factor.kind, option);
    if (std::find(factor.values.begin(), factor.values.end(), value) != factor.values.end()) {
      throw apps::usage_error(fmt::format("the level '{}' is there twice", level), option);
    }
    factor.values.push_back(value);
    factor.factor.levels.push_back(level);
  }
}

SweepFactor rate_factor(const NamedLevels& levels, const std::vector<std::string>& systems) {
  SweepFactor factor;
  factor.factor = {"network", "Mbit/s", {}};
  if (!levels.name.empty()) {
    // A system's name may hold a dash: the one that leaves two systems.
    for (std::size_t dash = levels.name.find('-'); dash != levels.name.npos;
         dash = levels.name.find('-', dash + 1)) {
      const std::string one = levels.name.substr(0, dash);
      const std::string other = levels.name.substr(dash + 1);
      if (!is_one_of(one, systems) || !is_one_of(other, systems) || one == other) continue;
      factor.one_end = one;
      factor.other_end = other;
    }
    if (factor.one_end.empty()) {
      throw apps::usage_error(fmt::format("'{}' is no link; write A-B=50,25 with A and B of {}",
                                          levels.name, fmt::join(systems, ", ")),
                              "--network");
    }
    factor.factor.name = "network " + levels.name;
  }
  set_levels(factor, levels.levels, "--network");
  return factor;
}

SweepFactor stress_factor(const NamedLevels& levels, FactorKind kind,
                          const std::vector<std::string>& systems) {
  const bool is_cpu = kind == FactorKind::cpu;
  const std::string option = is_cpu ? "--cpu" : "--memory";
  if (!is_one_of(levels.name, systems)) {
    throw apps::usage_error(fmt::format("'{}' is none of the systems {}; write {} SYSTEM=0,50,100",
                                        levels.name, fmt::join(systems, ", "), option),
                            option);
  }
  SweepFactor factor;
  factor.kind = kind;
  factor.system = levels.name;
  factor.factor = {fmt::format("{} {} stress", levels.name, is_cpu ? "CPU" : "memory"), "%", {}};
  set_levels(factor, levels.levels, fmt::format("{} {}", option, levels.name));
  return factor;
}

void check_names(const std::vector<SweepFactor>& factors) {
  for (std::size_t i = 0; i < factors.size(); ++i) {
    for (std::size_t j = i + 1; j < factors.size(); ++j) {
      if (factors[i].factor.name != factors[j].factor.name) continue;
      throw apps::usage_error(fmt::format("'{}' is there twice", factors[i].factor.name),
                              "factors");
    }
  }
}

/// The system and the option of "--edge-cpu", nothing of any other word.
std::optional<std::pair<std::string, std::string>> spelling(std::string_view word) {
  for (const std::string_view ending : {"-cpu", "-memory"}) {
    if (!word.starts_with("--") || !word.ends_with(ending)) continue;
    if (word.size() <= 2 + ending.size()) continue;  // --cpu itself
    const std::string_view system = word.substr(2, word.size() - 2 - ending.size());
    return {{std::string(system), "--" + std::string(ending.substr(1))}};
  }
  return std::nullopt;
}

/// Whether the two words, or the one with '=', say which plans rather than what may cross a cut.
bool chooses_plans(const std::string& option, const std::string& value) {
  return option == "--cuts" && (value == "all" || value.starts_with("best:"));
}

}  // namespace

double Setting::rate(const std::string& one_end, const std::string& other_end) const {
  double found = 0;
  for (const auto& [ends, rate] : rates) {
    const bool is_every = ends.first.empty();
    const bool is_this =
        ends == std::pair(one_end, other_end) || ends == std::pair(other_end, one_end);
    if (is_every || is_this) found = rate;
  }
  return found;
}

std::vector<SweepFactor> make_factors(const FactorOptions& options,
                                      const std::vector<std::string>& systems) {
  std::vector<SweepFactor> factors;
  for (const NamedLevels& levels : by_names(options.network)) {
    factors.push_back(rate_factor(levels, systems));
  }
  for (const NamedLevels& levels : by_names(options.cpu)) {
    factors.push_back(stress_factor(levels, FactorKind::cpu, systems));
  }
  for (const NamedLevels& levels : by_names(options.memory)) {
    factors.push_back(stress_factor(levels, FactorKind::memory, systems));
  }
  check_names(factors);
  return factors;
}

Setting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels) {
  Setting setting;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const SweepFactor& factor = factors[i];
    const double value = factor.values.at(static_cast<std::size_t>(levels.at(i)));
    if (factor.kind == FactorKind::rate) {
      setting.rates.push_back({{factor.one_end, factor.other_end}, value});
    } else {
      StressLevel& stress = setting.stress[factor.system];
      const bool is_cpu = factor.kind == FactorKind::cpu;
      (is_cpu ? stress.cpu_percent : stress.memory_percent) = static_cast<int>(value);
    }
  }
  return setting;
}

std::vector<std::string> spell_out(const std::vector<std::string>& arguments) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const auto spelled = spelling(std::string_view(arguments[i]).substr(0, equals));
    const bool has_value = equals != std::string::npos;
    const bool has_next = !has_value && i + 1 < arguments.size();
    const std::string value = has_value  ? arguments[i].substr(equals + 1)
                              : has_next ? arguments[i + 1]
                                         : std::string();
    if (spelled) {
      all.insert(all.end(), {spelled->second, spelled->first + "=" + value});
    } else if (chooses_plans(arguments[i].substr(0, equals), value)) {
      all.insert(all.end(), {"--plans", value});
    } else {
      all.push_back(arguments[i]);
      continue;
    }
    if (has_next) ++i;
  }
  return all;
}

}  // namespace scission::sweep
