#include "request.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base/units.hpp"

namespace scission::predict {
namespace {

// ASCII's separator of units; no name holds it.
constexpr char unit_separator = '\x1f';

struct TwoValues {
  std::string_view option;
  const char* values;
};

constexpr std::array two_valued{TwoValues{"--on", "NAME CRITERIA"},
                                TwoValues{"--upload", "NAME MB"}, TwoValues{"--time", "NAME TIME"},
                                TwoValues{"--memory", "NAME MB"},
                                TwoValues{"--keep-on", "NAME LAYERS"}};

// The entry for `--on` and for `--on=NAME`, or nullptr.
const TwoValues* find_two_valued(std::string_view argument) {
  const std::string_view option = argument.substr(0, argument.find('='));
  const auto found = std::find_if(two_valued.begin(), two_valued.end(),
                                  [&](const TwoValues& one) { return one.option == option; });
  return found == two_valued.end() ? nullptr : &*found;
}

// A value may begin with one dash (-1 is a criterion), a name with none.
void require_values(const TwoValues& option, std::string_view name, std::string_view value) {
  if (!name.empty() && name[0] != '-' && !value.empty() && !value.starts_with("--")) return;
  throw Error(ErrorCode::invalid_argument,
              std::string("needs two values, ") + option.values + "; see scission-predict --help",
              std::string(option.option));
}

// `--on NAME CRITERIA` and `--on=NAME CRITERIA` as one; `argument` moves on behind them.
template <typename Iterator>
std::string joined(const TwoValues& option, Iterator& argument, Iterator end) {
  const auto next = [&] { return argument == end ? std::string() : *argument++; };
  const std::string first = next();
  const std::size_t equals = first.find('=');
  const std::string name = equals == std::string::npos ? next() : first.substr(equals + 1);
  const std::string value = next();
  require_values(option, name, value);
  return std::string(option.option) + "=" + name + unit_separator + value;
}

struct NamedValue {
  std::string name;
  std::string value;
};

/// The values of an option that can be repeated, in order. cxxopts' own list splits them at commas.
std::vector<std::string> values_of(const apps::Arguments& arguments, const std::string& option) {
  std::vector<std::string> values;
  for (const cxxopts::KeyValue& one : arguments.arguments()) {
    if (one.key() == option) values.push_back(one.value());
  }
  return values;
}

std::vector<NamedValue> named_values_of(const apps::Arguments& arguments,
                                        const std::string& option) {
  std::vector<NamedValue> list;
  for (const std::string& joined : values_of(arguments, option)) {
    const std::size_t end = joined.find(unit_separator);
    list.push_back({joined.substr(0, end), joined.substr(end + 1)});
  }
  return list;
}

/// A number from 0 on; `unit` is for the message. Throws Error(invalid_argument) on anything else.
double parse_amount(const std::string& text, const std::string& unit) {
  const std::optional<double> number = text::to_double(text);
  if (!number) throw apps::usage_error(fmt::format("'{}' is not a number", text));
  if (!(*number >= 0) || !std::isfinite(*number))
    throw apps::usage_error(fmt::format("must be 0{} or more", unit));
  return *number;
}

/// "0.15" (MB, as in the original), "150kB", "0.15MB" or "1GB", in bytes.
double parse_megabytes(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 3> units{
      {{"kB", 1e3}, {"MB", bytes_per_megabyte}, {"GB", bytes_per_gigabyte}}};
  for (const auto& [unit, bytes] : units) {
    if (!text.ends_with(unit)) continue;
    return parse_amount(text.substr(0, text.size() - unit.size()), " " + std::string(unit)) * bytes;
  }
  return parse_amount(text, " MB") * bytes_per_megabyte;
}

/// "0.01,100": two numbers above 0, ascending.
std::pair<double, double> parse_range(const std::string& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view view = text;
  const double low = text::to_double(view.substr(0, comma)).value_or(0);
  const double high = comma < text.size() ? text::to_double(view.substr(comma + 1)).value_or(0) : 0;
  if (!(low > 0 && low < high && std::isfinite(high))) {
    throw apps::usage_error(fmt::format("'{}' is not LOW,HIGH with 0 < LOW < HIGH", text));
  }
  return {low, high};
}

/// "0-5" or "3".
KeepOn parse_keep_on(const std::string& name, const std::string& layers) {
  const std::string_view view = layers;
  const std::size_t dash = view.find('-');
  const auto first = text::to_int(view.substr(0, dash));
  const auto last = dash == std::string::npos ? first : text::to_int(view.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first) {
    throw apps::usage_error(fmt::format("'{}' is neither layers FIRST-LAST nor one layer", layers));
  }
  return {name, *first, *last};
}

std::optional<double> optional_amount(const apps::Arguments& arguments, const std::string& option,
                                      const std::string& unit) {
  if (arguments.count(option) == 0) return std::nullopt;
  return apps::parse_option(option, arguments[option].as<std::string>(),
                            [&](const std::string& text) { return parse_amount(text, unit); });
}

const std::vector<std::string> shorthands{"device", "edge", "cloud"};

/// The unparsed value of an option for one platform or system.
struct Demand {
  std::string option;
  std::string name;
  std::string text;
};

// `--device-upload 3` and `--upload device 3` alike.
std::vector<Demand> demands_of(const apps::Arguments& arguments, const std::string& suffix,
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
void add_criteria(const apps::Arguments& arguments, Query& query) {
  std::map<std::string, std::string> texts;
  for (const Demand& demand : demands_of(arguments, "", "on")) {
    const Criteria own = apps::parse_option(demand.option, demand.text, parse_criteria);
    const auto [entry, is_first] = texts.try_emplace(demand.name, demand.text);
    if (!is_first) entry->second += "," + demand.text;
    query.constraints[demand.name].criteria =
        is_first ? own : apps::parse_option(demand.option, entry->second, parse_criteria);
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
    place = apps::parse_option(demand.option, demand.text, parse);
  }
}

void add_keep_on(const apps::Arguments& arguments, Query& query) {
  for (const NamedValue& one : named_values_of(arguments, "keep-on")) {
    query.keep_on.push_back(apps::parse_option(
        "keep-on", one.value,
        [&](const std::string& layers) { return parse_keep_on(one.name, layers); }));
  }
}

void set_space(const apps::Arguments& arguments, Query& query) {
  if (arguments.count("any-order")) query.route = Route::any_order;
  query.can_revisit = arguments.count("revisit") > 0;
  if (query.can_revisit && query.route != Route::any_order) {
    throw Error(ErrorCode::invalid_argument, "needs --any-order", "--revisit");
  }
  if (arguments.count("max-stages")) query.max_stages = apps::int_of(arguments, "max-stages", 1);
  if (arguments.count("max-cuts")) {
    const int cuts = std::min(apps::int_of(arguments, "max-cuts", 0), 1'000'000'000);
    query.max_stages = std::min(query.max_stages.value_or(cuts + 1), cuts + 1);
  }
}

void set_ends(const apps::Arguments& arguments, Query& query) {
  query.sources = apps::words_of(arguments, "source");
  query.sinks = apps::words_of(arguments, "sink");
  if (arguments.count("return-to")) query.return_to = arguments["return-to"].as<std::string>();
}

PlanLimits plan_limits(const apps::Arguments& arguments) {
  PlanLimits limits;
  limits.latency_s = optional_amount(arguments, "latency-limit", " s");
  limits.period_s = optional_amount(arguments, "period-limit", " s");
  limits.traffic_bytes = optional_amount(arguments, "traffic-limit", " MB");
  if (limits.traffic_bytes) *limits.traffic_bytes *= bytes_per_megabyte;
  limits.energy_j = optional_amount(arguments, "energy-limit", " J");
  limits.money = optional_amount(arguments, "money-limit", "");
  return limits;
}

Query make_query(const apps::Arguments& arguments) {
  Query query;
  query.input_bytes =
      apps::parse_option("input-size", arguments["input-size"].as<std::string>(), parse_megabytes);
  query.result_count = apps::int_of(arguments, "result-count", 1);
  query.objective =
      apps::parse_option("objective", arguments["objective"].as<std::string>(), parse_objective);
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

}  // namespace

apps::Words join_named_values(const apps::Words& words) {
  apps::Words result;
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end;) {
    const TwoValues* option = find_two_valued(*word);
    result.push_back(option ? joined(*option, word, end) : *word++);
  }
  result.insert(result.end(), end, words.end());
  return result;
}

Request make_request(const apps::Arguments& arguments) {
  Request request;
  request.query = make_query(arguments);
  if (arguments.count("pareto")) {
    request.pareto =
        apps::parse_option("pareto", arguments["pareto"].as<std::string>(), parse_metrics);
  }
  request.sensitivity = values_of(arguments, "sensitivity");
  if (arguments.count("sensitivity-range")) {
    request.sensitivity_range = apps::parse_option(
        "sensitivity-range", arguments["sensitivity-range"].as<std::string>(), parse_range);
  }
  request.time_limit_s = optional_amount(arguments, "time-limit", " s");
  request.assumes_input = arguments.count("input-size") == 0;
  request.explain = arguments.count("explain") > 0;
  request.as_json = arguments.count("json") > 0;
  request.draws = !request.as_json && arguments.count("no-plot") == 0;
  request.output = arguments["output"].as<std::string>();
  return request;
}

}  // namespace scission::predict
