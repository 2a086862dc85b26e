// scission-adapt replay: what the controller would have done along a trace.
#include "scission/control/replay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "base/file.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "controller_options.hpp"
#include "question.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/stats/statistics.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

const char* const epilog = R"(
Arguments:
  PROFILES, NETWORK.csv, MODEL   as for scission-predict: the problem as it was profiled
  TRACE.csv                      rates and slowdowns over time; see scission-adapt trace

Strategies:
  oracle        knows the trace and always runs the best plan; changes cost it nothing
  controller    scission's: knows what its own requests, and its probes, told it
  naive         takes what was best by the last measurement of everything, used or not
  static best   the best single plan in hindsight; in an outage a request waits for a timeout,
                then goes the oracle's way
Regret is the sum of all latencies ÷ the oracle's − 1; switches and timeouts count as latency
(downtime). Probes go over links and to systems that no request uses just then.

Examples:
  scission-adapt trace data/example network.csv vgg19 -o trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv --switch 6 --no-probes --json
  scission-adapt replay data/example network.csv vgg19 trace.csv --jitter 0.2 --requests out.csv

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

cxxopts::Options make_options() {
  const auto text = [](const char* value) {
    return cxxopts::value<std::string>()->default_value(value);
  };
  cxxopts::Options options("scission-adapt replay",
                           "Runs the controller over a trace, beside an oracle and others.\n");
  options.custom_help("PROFILES NETWORK.csv MODEL TRACE.csv [OPTION...]");
  options.positional_help("");
  options.add_options()                                          //
      ("i,input-size", "size of the input", text("0.15"), "MB")  //
      ("every", "a request every so often", text("0.5"), "S")    //
      ("jitter", "noise of each request on its own, standard deviation of its logarithm", text("0"),
       "SD")  //
      ("seed", "the jitter's randomness", cxxopts::value<std::uint64_t>()->default_value("1"),
       "N")                                                                         //
      ("switch", "delay that a switch causes", text("0.001"), "S")                  //
      ("timeout", "until a request notices that a link is down", text("0.5"), "S")  //
      ("no-probes", "nothing is measured but requests");
  add_controller_options(options);
  options.add_options("Output")  //
      ("requests", "write what every request took by each strategy", cxxopts::value<std::string>(),
       "FILE.csv")                          //
      ("json", "the outcome for programs")  //
      ("h,help", "this text")               //
      ("version", "the version");
  add_question_arguments(options, {"trace"});
  return options;
}

ReplayOptions replay_options(const cxxopts::ParseResult& arguments) {
  constexpr double most = 1e9;
  ReplayOptions options;
  options.request_every_s = number_option(arguments, "every", 1e-6, most);
  options.jitter = number_option(arguments, "jitter", 0, 2);
  options.seed = arguments["seed"].as<std::uint64_t>();
  options.switch_s = number_option(arguments, "switch", 0, most);
  options.timeout_s = number_option(arguments, "timeout", 0, most);
  options.sends_probes = arguments.count("no-probes") == 0;
  options.controller = controller_options(arguments);
  return options;
}

void add_row(Table& table, const StrategyResult& strategy) {
  table.add({strategy.name, format_duration(strategy.mean_s()),
             format_duration(quantile(strategy.latencies_s, 0.95)),
             fmt::format("{:.2f} %", 100 * strategy.regret), fmt::format("{}", strategy.switches),
             fmt::format("{}", strategy.timeouts), format_duration(strategy.downtime_s),
             fmt::format("{}", count_plans(strategy)), fmt::format("{}", strategy.probes),
             format_bytes(strategy.probe_bytes)});
}

/// A row for each strategy.
std::string format_replay(const ReplayResult& result) {
  std::string text = fmt::format("{} requests", result.times_s.size());
  if (result.unservable > 0) {
    text += fmt::format(", and {} while no plan could run", result.unservable);
  }
  text += '\n';
  if (result.times_s.empty()) return text;
  Table table({{"strategy", Align::left},
               {"mean"},
               {"p95"},
               {"regret"},
               {"switches"},
               {"timeouts"},
               {"downtime"},
               {"plans"},
               {"probes"},
               {"probed"}});
  for (const StrategyResult* strategy : strategies_of(result)) add_row(table, *strategy);
  const std::string meanings =
      "oracle: knows the trace, and switches for nothing; naive: the best plan by a measurement of "
      "everything a moment ago, more than anybody knows; static best: the best single plan in "
      "hindsight; regret: all latencies over the oracle's.\n";
  return text + table.text() + fitted(meanings, terminal_width(STDOUT_FILENO).value_or(100));
}

int replay_trace(const cxxopts::ParseResult& arguments) {
  if (arguments.count("trace") == 0) {
    throw Error(ErrorCode::invalid_argument,
                "PROFILES, NETWORK.csv, MODEL and TRACE.csv are needed; see --help");
  }
  const ReplayOptions options = replay_options(arguments);
  Query query;
  query.input_bytes = number_option(arguments, "input-size", 0, 1e6) * 1e6;
  const PartitionProblem problem = read_question(arguments);
  const ReplayResult result = scission::replay(
      problem, query, read_condition_trace(arguments["trace"].as<std::string>()), options);
  if (arguments.count("requests")) {
    write_file_atomically(arguments["requests"].as<std::string>(),
                          format_replay_csv(problem, result));
  }
  std::cout << (arguments.count("json") ? format_replay_json(problem, query, result, options)
                                        : format_replay(result));
  return exit_done;
}

}  // namespace

int replay(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, epilog);
    return exit_done;
  }
  return replay_trace(arguments);
}

}  // namespace scission::apps
