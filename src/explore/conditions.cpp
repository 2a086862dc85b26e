// Links and machines other than the measured ones.
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/explore.hpp"

namespace scission {
namespace {

double require_number(std::string_view text, double above, std::string_view demand) {
  const std::optional<double> number = text::to_double(text::trim(text));
  if (number && *number >= above && std::isfinite(*number)) return *number;
  throw_invalid_argument(fmt::format("'{}' {}", text, demand));
}

/// The systems that the name means.
std::vector<int> systems_of(const PartitionProblem& problem, const std::string& name) {
  std::vector<int> systems;
  std::vector<std::string> known = problem.platforms;
  for (int system = 0; system < problem.system_count(); ++system) {
    known.push_back(problem.systems[system].name);
    if (problem.is_named(name, system)) systems.push_back(system);
  }
  if (!systems.empty()) return systems;
  throw_invalid_argument(
      fmt::format("'{}' is no system or platform; {}", name, suggestion(name, known)));
}

/// `change()`, whose errors name the place.
template <typename Change>
void at_place(const std::string& place, Change change) {
  try {
    change();
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), place);
  }
}

void set_links(Planner& planner, const LinkSetting& setting) {
  bool is_any = false;
  for (const int from : systems_of(planner.problem(), setting.from)) {
    for (const int to : systems_of(planner.problem(), setting.to)) {
      if (from == to) continue;
      is_any = true;
      Link link = planner.problem().link(from, to).value_or(Link{});
      link.ping_ms = setting.ping_ms;
      link.megabits_per_s = setting.megabits_per_s;
      link.curve.clear();
      planner.set_link(from, to, std::move(link));
    }
  }
  if (!is_any) {
    throw_invalid_argument(fmt::format("the link from {} to {} has the same system at both ends",
                                       setting.from, setting.to));
  }
}

}  // namespace

LinkSetting parse_link_setting(std::string_view ends, std::string_view values) {
  const std::vector<std::string_view> names = text::split(ends, ',');
  if (names.size() != 2 || text::trim(names[0]).empty() || text::trim(names[1]).empty()) {
    throw_invalid_argument(fmt::format("'{}' is not FROM,TO", ends));
  }
  const std::vector<std::string_view> numbers = text::split(values, ',');
  if (numbers.size() != 2) {
    throw_invalid_argument(
        fmt::format("'{}' is not PING,BANDWIDTH, in ms and Mbit/s: 25,80", values));
  }
  LinkSetting setting{std::string(text::trim(names[0])), std::string(text::trim(names[1]))};
  setting.ping_ms = require_number(numbers[0], 0, "is no ping of 0 ms or more");
  setting.megabits_per_s = require_number(numbers[1], 0, "is no bandwidth in Mbit/s");
  return setting;
}

SlowdownSetting parse_slowdown_setting(const std::string& name, std::string_view factor) {
  const double value = require_number(factor, 0, "is no factor above 0");
  if (value > 0) return {name, value};
  throw_invalid_argument(fmt::format("'{}' is no factor above 0", factor));
}

PartitionProblem with_conditions(PartitionProblem problem, const Conditions& conditions,
                                 const std::vector<std::string>& sources) {
  if (conditions.links.empty() && conditions.slowdowns.empty()) return problem;
  Query query;
  query.sources = sources;
  Planner planner(std::move(problem), std::move(query));
  for (const LinkSetting& link : conditions.links) {
    at_place(fmt::format("link {},{}", link.from, link.to), [&] { set_links(planner, link); });
  }
  for (const SlowdownSetting& slowdown : conditions.slowdowns) {
    at_place(fmt::format("slowdown {}", slowdown.system), [&] {
      for (const int system : systems_of(planner.problem(), slowdown.system)) {
        planner.set_slowdown(system, slowdown.factor);
      }
    });
  }
  return planner.problem();
}

}  // namespace scission
