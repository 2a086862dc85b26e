#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "named_values.hpp"
#include "request.hpp"
#include "scission/base/units.hpp"
#include "values.hpp"

namespace scission::predict {
namespace {

using cxxopts::ParseResult;

const std::vector<std::string> shorthands{"device", "edge", "cloud"};

/// One option's demand on one platform or system, before it is read.
struct Demand {
  std::string option;
  std::string name;
  std::string text;
};

// `--device-upload 3` and `--upload device 3` alike.
std::vector<Demand> demands_of(const ParseResult& arguments, const std::string& suffix,
                               const std::string& general) {
  std::vector<Demand> demands;
  for (const std::string& name : shorthands) {
    const std::string option = name + suffix;
    if (arguments.count(option))
      demands.push_back({option, name, arguments[option].as<std::string>()});
  }
  for (const NamedValue& one : named_values_of(arguments, general)) {
    demands.push_back({general, one.name, one.value});
  }
  return demands;
}

// Criteria on one name given in several options add up.
void add_criteria(const ParseResult& arguments, Query& query) {
  std::map<std::string, std::string> texts;
  for (const Demand& demand : demands_of(arguments, "", "on")) {
    const Criteria own = of_option(demand.option, demand.text, parse_criteria);
    const auto [entry, is_first] = texts.try_emplace(demand.name, demand.text);
    if (!is_first) entry->second += "," + demand.text;
    query.constraints[demand.name].criteria =
        is_first ? own : of_option(demand.option, entry->second, parse_criteria);
  }
}

template <typename Limit, typename Parse>
void add_limits(const std::vector<Demand>& demands, Query& query,
                std::optional<Limit> Constraints::*limit, Parse parse) {
  for (const Demand& demand : demands) {
    std::optional<Limit>& place = query.constraints[demand.name].*limit;
    if (place) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("there is another limit for '{}'; give one", demand.name),
                  "--" + demand.option);
    }
    place = of_option(demand.option, demand.text, parse);
  }
}

void add_keep_on(const ParseResult& arguments, Query& query) {
  for (const NamedValue& one : named_values_of(arguments, "keep-on")) {
    query.keep_on.push_back(of_option("keep-on", one.value, [&](const std::string& layers) {
      return parse_keep_on(one.name, layers);
    }));
  }
}

int at_least(const ParseResult& arguments, const std::string& option, int least) {
  const int value = arguments[option].as<int>();
  if (value >= least) return value;
  throw Error(ErrorCode::invalid_argument, fmt::format("must be {} or more", least), "--" + option);
}

void set_space(const ParseResult& arguments, Query& query) {
  if (arguments.count("any-order")) query.route = Route::any_order;
  query.can_revisit = arguments.count("revisit") > 0;
  if (query.can_revisit && query.route != Route::any_order) {
    throw Error(ErrorCode::invalid_argument, "needs --any-order", "--revisit");
  }
  if (arguments.count("max-stages")) query.max_stages = at_least(arguments, "max-stages", 1);
  if (arguments.count("max-cuts")) {
    const int cuts = std::min(at_least(arguments, "max-cuts", 0), 1'000'000'000);
    query.max_stages = std::min(query.max_stages.value_or(cuts + 1), cuts + 1);
  }
}

void set_ends(const ParseResult& arguments, Query& query) {
  using Names = std::vector<std::string>;
  if (arguments.count("source")) query.sources = arguments["source"].as<Names>();
  if (arguments.count("sink")) query.sinks = arguments["sink"].as<Names>();
  if (arguments.count("return-to")) query.return_to = arguments["return-to"].as<std::string>();
}

PlanLimits plan_limits(const ParseResult& arguments) {
  PlanLimits limits;
  limits.latency_s = optional_amount(arguments, "latency-limit", " s");
  limits.period_s = optional_amount(arguments, "period-limit", " s");
  limits.traffic_bytes = optional_amount(arguments, "traffic-limit", " MB");
  if (limits.traffic_bytes) *limits.traffic_bytes *= bytes_per_megabyte;
  limits.energy_j = optional_amount(arguments, "energy-limit", " J");
  limits.money = optional_amount(arguments, "money-limit", "");
  return limits;
}

}  // namespace

Query make_query(const ParseResult& arguments) {
  Query query;
  query.input_bytes =
      of_option("input-size", arguments["input-size"].as<std::string>(), parse_megabytes);
  query.result_count = at_least(arguments, "result-count", 1);
  query.objective =
      of_option("objective", arguments["objective"].as<std::string>(), parse_objective);
  set_space(arguments, query);
  set_ends(arguments, query);
  add_criteria(arguments, query);
  add_limits(demands_of(arguments, "-upload", "upload"), query, &Constraints::upload_bytes,
             parse_megabytes);
  add_limits(demands_of(arguments, "-time", "time"), query, &Constraints::compute,
             parse_time_limit);
  for (const NamedValue& one : named_values_of(arguments, "memory")) {
    add_limits({{"memory", one.name, one.value}}, query, &Constraints::memory_bytes,
               parse_megabytes);
  }
  add_keep_on(arguments, query);
  query.limits = plan_limits(arguments);
  return query;
}

}  // namespace scission::predict
