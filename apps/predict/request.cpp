#include "request.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "problem_arguments.hpp"
#include "scission/base.hpp"

namespace scission::apps {
namespace {

// --- The options ---

void add_codec_option(cxxopts::Options& options) {
  options.add_options("Query")  //
      ("codecs",
       "codecs that each hop may choose from, as the profiles have measured them "
       "(scission-benchmark --codecs), or all of these; raw is always allowed (default: raw alone)",
       list_value(), "NAMES|all");
}

void add_condition_options(cxxopts::Options& options) {
  options.add_options("Conditions")  //
      ("link",
       "ping in ms and bandwidth in Mbit/s of a link, or of all links between two platforms, "
       "instead of the network file's; can be repeated",
       text_value(), "FROM,TO MS,MBIT/S")  //
      ("slowdown",
       "factor on all times of a system, or of all systems of a platform; below 1 it is faster "
       "(default: 1, as measured); can be repeated",
       text_value(), "NAME FACTOR");
}

void add_space_options(cxxopts::Options& options) {
  options.add_options("Space")  //
      ("platforms", "platforms in the order in which data may pass them",
       list_value("device,edge,cloud"), "A,B,C")  //
      ("any-order",
       "allow stages on any systems in any order, each system at most once, also several of one "
       "platform")                                                                      //
      ("revisit", "with --any-order: a system may run several stages")                  //
      ("max-stages", "maximum number of stages (default: no limit)", int_value(), "K")  //
      ("max-cuts",
       "maximum number of cuts, one fewer than stages; with --max-stages, the tighter limit "
       "applies",
       int_value(), "C");
}

void add_objective_options(cxxopts::Options& options) {
  options.add_options("Objective")                                         //
      ("objective", "quantity to minimise", text_value("latency"), "OBJ")  //
      ("pareto", "also list the plans that are optimal in two or three quantities together",
       text_value(), "A,B[,C]");
}

void add_criteria_options(cxxopts::Options& options) {
  options.add_options("Constraint")  //
      ("d,device", "layers and systems that the device must or must not use", text_value(),
       "CRITERIA")  //
      ("e,edge", "layers and systems that the edge must or must not use", text_value(),
       "CRITERIA")  //
      ("c,cloud", "layers and systems that the cloud must or must not use", text_value(),
       "CRITERIA")  //
      ("on", "layers that a platform or system must or must not use", text_value(),
       "NAME CRITERIA")  //
      ("keep-on",
       "layers (0-5, or 0) that must run on a platform or system; with layer 0 the input lies "
       "there, too",
       text_value(), "NAME LAYERS");
}

void add_part_limit_options(cxxopts::Options& options) {
  options.add_options("Constraint")                                                              //
      ("device-upload", "maximum data sent from the device, in MB", text_value(), "MB")          //
      ("edge-upload", "maximum data sent from the edge, in MB", text_value(), "MB")              //
      ("cloud-upload", "maximum data sent from the cloud, in MB", text_value(), "MB")            //
      ("upload", "maximum data sent from a platform or system, in MB", text_value(), "NAME MB")  //
      ("device-time", "maximum compute time of the device, in s or %", text_value(), "TIME")     //
      ("edge-time", "maximum compute time of the edge, in s or %", text_value(), "TIME")         //
      ("cloud-time", "maximum compute time of the cloud, in s or %", text_value(), "TIME")       //
      ("time", "maximum compute time of a platform or system, in s or %", text_value(),
       "NAME TIME")  //
      ("memory", "maximum memory of a system, or of each system of a platform, in MB", text_value(),
       "NAME MB");
}

void add_plan_limit_options(cxxopts::Options& options) {
  options.add_options("Constraint")                                                //
      ("latency-limit", "maximum latency, in s", text_value(), "S")                //
      ("period-limit", "maximum period, in s", text_value(), "S")                  //
      ("traffic-limit", "maximum data over all links, in MB", text_value(), "MB")  //
      ("energy-limit", "maximum energy, in J", text_value(), "J")                  //
      ("money-limit", "maximum price of a request, in the currency of the prices", text_value(),
       "X");
  add_error_limit_options(options, "Constraint");
}

void add_answer_options(cxxopts::Options& options) {
  options.add_options("Answer")  //
      ("result-count", "number of plans to list", int_value("5"),
       "N")                                                                                     //
      ("explain", "show where the best plan spends its time, and how the second best differs")  //
      ("sensitivity",
       "show which plan is best over a range of bandwidths of a link (FROM,TO) or of slowdowns of "
       "a system (NAME); can be repeated",
       text_value(), "FROM,TO|NAME")  //
      ("sensitivity-range",
       "range of --sensitivity, in Mbit/s or as a factor (default: 1/100 to 100 times the present "
       "value)",
       text_value(), "LOW,HIGH")  //
      ("time-limit",
       "stop the search after this time, in seconds, with the best plans found by then; 0: only a "
       "quick search without proof (default: no limit)",
       text_value(), "S");
}

void add_output_options(cxxopts::Options& options) {
  add_format_option(options, "Output");
  add_keep_script_option(options, "Output");
  options.add_options("Output")  //
      ("o,output", "folder for the pictures, created if it does not exist", text_value("."),
       "DIR")                         //
      ("no-plot", "draw no picture")  //
      ("json", "print the answer as JSON, with every stage and hop, and draw no picture");
}

// `--device-upload 3` and `--upload device 3` alike.
std::vector<NamedValue> demands_of(const Arguments& arguments, const std::string& suffix,
                                   const std::string& general) {
  std::vector<NamedValue> demands;
  for (const char* name : {"device", "edge", "cloud"}) {
    const std::string option = name + suffix;
    if (arguments.count(option)) {
      demands.push_back({option, name, arguments[option].as<std::string>()});
    }
  }
  const std::vector<NamedValue> named = named_values_of(arguments, general);
  demands.insert(demands.end(), named.begin(), named.end());
  return demands;
}

// --- Values ---

double require_amount(const std::optional<double>& number, const std::string& text,
                      const char* unit) {
  if (!number) throw usage_error(fmt::format("'{}' is not a number; write it as in 0.5", text));
  if (*number >= 0 && std::isfinite(*number)) return *number;
  throw usage_error(fmt::format("must be 0{} or more", unit));
}

/// "0.15" (MB, as in the original), "150kB", "0.15MB" or "1GB", in bytes.
double parse_megabytes(const std::string& text) {
  return require_amount(parse_bytes(text, bytes_per_megabyte), text, " MB");
}

/// "0.01,100": two numbers above 0, ascending.
std::pair<double, double> parse_range(const std::string& text) {
  const std::vector<std::string_view> ends = text::split(text, ',');
  const double low = text::to_double(ends.front()).value_or(0);
  const double high = text::to_double(ends.back()).value_or(0);
  if (ends.size() == 2 && low > 0 && low < high && std::isfinite(high)) return {low, high};
  throw usage_error(fmt::format("'{}' is not LOW,HIGH with 0 < LOW < HIGH", text));
}

template <typename Parse>
auto parse_given(const Arguments& arguments, const std::string& option, Parse parse) {
  return parse_option(option, arguments[option].as<std::string>(), parse);
}

std::optional<double> optional_amount(const Arguments& arguments, const std::string& option,
                                      const char* unit) {
  if (arguments.count(option) == 0) return std::nullopt;
  return parse_given(arguments, option, [&](const std::string& text) {
    return require_amount(text::to_double(text), text, unit);
  });
}

// --- The query ---

// Criteria on one name given in several options add up.
void add_criteria(const Arguments& arguments, Query& query) {
  std::map<std::string, std::string> texts;
  for (const NamedValue& demand : demands_of(arguments, "", "on")) {
    const Criteria own = parse_option(demand.option, demand.text, parse_criteria);
    const auto [entry, is_first] = texts.try_emplace(demand.name, demand.text);
    if (!is_first) entry->second += "," + demand.text;
    query.constraints[demand.name].criteria =
        is_first ? own : parse_option(demand.option, entry->second, parse_criteria);
  }
}

template <typename Limit, typename Parse>
void add_limits(const std::vector<NamedValue>& demands, Query& query,
                std::optional<Limit> Constraints::*limit, Parse parse) {
  for (const NamedValue& demand : demands) {
    std::optional<Limit>& place = query.constraints[demand.name].*limit;
    if (place) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("there is another limit for '{}'; give one", demand.name),
                  "--" + demand.option);
    }
    place = parse_option(demand.option, demand.text, parse);
  }
}

void set_space(const Arguments& arguments, Query& query) {
  if (arguments.count("any-order")) query.route = Route::any_order;
  query.can_revisit = arguments.count("revisit") > 0;
  if (query.can_revisit && query.route != Route::any_order) {
    throw Error(ErrorCode::invalid_argument, "needs --any-order", "--revisit");
  }
  if (arguments.count("max-stages")) query.max_stages = int_of(arguments, "max-stages", 1);
  if (arguments.count("max-cuts")) {
    const int cuts = std::min(int_of(arguments, "max-cuts", 0), 1'000'000'000);
    query.max_stages = std::min(query.max_stages.value_or(cuts + 1), cuts + 1);
  }
}

PlanLimits plan_limits(const Arguments& arguments) {
  PlanLimits limits;
  limits.latency_s = optional_amount(arguments, "latency-limit", " s");
  limits.period_s = optional_amount(arguments, "period-limit", " s");
  limits.traffic_bytes = optional_amount(arguments, "traffic-limit", " MB");
  if (limits.traffic_bytes) *limits.traffic_bytes *= bytes_per_megabyte;
  limits.energy_j = optional_amount(arguments, "energy-limit", " J");
  limits.money = optional_amount(arguments, "money-limit", "");
  read_error_limits(arguments, limits);
  return limits;
}

Conditions make_conditions(const Arguments& arguments) {
  Conditions conditions;
  for (const NamedValue& one : named_values_of(arguments, "link")) {
    conditions.links.push_back(parse_option(one.option, one.text, [&](const std::string& values) {
      return parse_link_setting(one.name, values);
    }));
  }
  for (const NamedValue& one : named_values_of(arguments, "slowdown")) {
    conditions.slowdowns.push_back(parse_option(
        one.option, one.text,
        [&](const std::string& factor) { return parse_slowdown_setting(one.name, factor); }));
  }
  return conditions;
}

Query make_query(const Arguments& arguments) {
  Query query = make_ends(arguments);
  query.result_count = int_of(arguments, "result-count", 1);
  query.objective = parse_given(arguments, "objective", parse_objective);
  set_space(arguments, query);
  add_criteria(arguments, query);
  add_limits(demands_of(arguments, "-upload", "upload"), query, &Constraints::upload_bytes,
             parse_megabytes);
  add_limits(demands_of(arguments, "-time", "time"), query, &Constraints::compute,
             parse_time_limit);
  add_limits(named_values_of(arguments, "memory"), query, &Constraints::memory_bytes,
             parse_megabytes);
  for (const NamedValue& demand : named_values_of(arguments, "keep-on")) {
    query.keep_on.push_back(parse_option(
        demand.option, demand.text,
        [&](const std::string& layers) { return parse_keep_on(demand.name, layers); }));
  }
  query.limits = plan_limits(arguments);
  query.codecs = codec_words_of(arguments);
  return query;
}

}  // namespace

void add_query_options(cxxopts::Options& options) {
  options.add_options("Query")  //
      ("i,input-size",
       "size of the input, which lies on the device, in MB or with a unit (150kB) (default: 0.15, "
       "a compressed picture, for the original's models; else the input tensor's, from the "
       "profiles)",
       text_value(), "MB")  //
      ("source", "systems or platforms where the input may lie (default: the first platform)",
       list_value(), "NAMES")  //
      ("sink", "systems or platforms where the last layer may run (default: any)", list_value(),
       "NAMES")  //
      ("return-to",
       "system or platform that the output is sent to; a platform means the source itself where "
       "the source is on it (default: nowhere)",
       text_value(), "NAME")  //
      ("systems", "file with power, price and memory of systems", text_value(), "SYSTEMS.csv");
  add_exit_share_option(options, "Query");
  add_corrections_option(options, "Query");
}

Query make_ends(const Arguments& arguments) {
  Query query;
  if (arguments.count("input-size")) {
    query.input_bytes = parse_given(arguments, "input-size", parse_megabytes);
  }
  query.sources = words_of(arguments, "source");
  query.sinks = words_of(arguments, "sink");
  if (arguments.count("return-to")) query.return_to = arguments["return-to"].as<std::string>();
  return query;
}

void add_options(cxxopts::Options& options) {
  add_query_options(options);
  add_codec_option(options);
  add_condition_options(options);
  add_space_options(options);
  add_objective_options(options);
  add_criteria_options(options);
  add_part_limit_options(options);
  add_plan_limit_options(options);
  add_answer_options(options);
  add_output_options(options);
}

Request make_request(const Arguments& arguments) {
  Request request;
  request.query = make_query(arguments);
  request.conditions = make_conditions(arguments);
  if (arguments.count("pareto")) {
    request.analyses.pareto = parse_given(arguments, "pareto", parse_metrics);
  }
  request.analyses.sensitivity = values_of(arguments, "sensitivity");
  if (arguments.count("sensitivity-range")) {
    if (request.analyses.sensitivity.empty()) {
      throw usage_error("goes with --sensitivity only", "--sensitivity-range");
    }
    request.analyses.sensitivity_range = parse_given(arguments, "sensitivity-range", parse_range);
  }
  request.time_limit_s = optional_amount(arguments, "time-limit", " s");
  request.assumes_input = arguments.count("input-size") == 0;
  request.as_json = arguments.count("json") > 0;
  request.format = plan_format(arguments);
  request.analyses.with_runner_up = arguments.count("explain") > 0 && !request.as_json;
  request.draws = !request.as_json && arguments.count("no-plot") == 0;
  request.keeps_scripts = arguments.count("keep-script") > 0;
  request.output = arguments["output"].as<std::string>();
  return request;
}

}  // namespace scission::apps
