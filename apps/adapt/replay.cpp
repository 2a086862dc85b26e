// scission-adapt replay: the controller along a trace, compared with other strategies.
#include "scission/control/replay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "base/file.hpp"
#include "commands.hpp"
#include "scission/base/units.hpp"
#include "scission/stats/statistics.hpp"
#include "table.hpp"

namespace scission::apps {
namespace {

const char* const replay_notes = R"(
Arguments:
  PROFILES, NETWORK.csv, MODEL   as for scission-predict: the problem as it was profiled
  TRACE.csv                      rates and slowdowns over time; see scission-adapt trace

Strategies:
  oracle        knows the trace and always runs the best plan; switches cost it nothing
  controller    Scission's controller: observes its requests and probes only
  naive         takes the plan that was best in the last measurement of everything, used or not
  static best   the best single plan in hindsight; in an outage a request waits for a timeout,
                then takes the oracle's plan
Regret is the sum of all latencies ÷ the oracle's − 1; switches and timeouts count as latency
(downtime). Probes go over links and to systems that no request uses at the moment.

Examples:
  scission-adapt trace data/example network.csv vgg19 -o trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv --switch 6 --no-probes --json
  scission-adapt replay data/example network.csv vgg19 trace.csv --jitter 0.2 --requests out.csv

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

void add_replay_options(cxxopts::Options& options) {
  options.add_options()                                                            //
      ("i,input-size", "size of the model's input, in MB", usually("0.15"), "MB")  //
      ("every", "time between two requests, in seconds", usually("0.5"), "S")      //
      ("jitter", "standard deviation of the logarithm of each request's noise", usually("0"),
       "SD")                                                                                    //
      ("seed", "seed of the jitter", cxxopts::value<std::uint64_t>()->default_value("1"), "N")  //
      ("switch", "delay that a switch causes, in seconds", usually("0.001"), "S")               //
      ("timeout", "time until a request notices that a link is down, in seconds", usually("0.5"),
       "S")  //
      ("no-probes", "send no probes, only requests");
  add_controller_options(options);
  options.add_options("Output")  //
      ("requests", "file to write a row for each request to", cxxopts::value<std::string>(),
       "FILE.csv")  //
      ("json", "print the replay as JSON");
}

ReplayOptions replay_options(const Arguments& arguments) {
  constexpr double max = 1e9;
  ReplayOptions options;
  options.request_every_s = number_of(arguments, "every", 1e-6, max);
  options.jitter = number_of(arguments, "jitter", 0, 2);
  options.seed = arguments["seed"].as<std::uint64_t>();
  options.switch_s = number_of(arguments, "switch", 0, max);
  options.timeout_s = number_of(arguments, "timeout", 0, max);
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
      "oracle: knows the trace, and switches at no cost; naive: the best plan by a measurement of "
      "everything a moment ago, which no real strategy has; static best: the best single plan in "
      "hindsight; regret: all latencies relative to the oracle's.\n";
  return text + table.text() + fitted(meanings, terminal_width(STDOUT_FILENO).value_or(100));
}

int run_replay(const Arguments& arguments) {
  if (arguments.count("trace") == 0) {
    throw usage_error("PROFILES, NETWORK.csv, MODEL and TRACE.csv are needed; see --help");
  }
  const ReplayOptions options = replay_options(arguments);
  Query query;
  query.input_bytes = number_of(arguments, "input-size", 0, 1e6) * bytes_per_megabyte;
  const PartitionProblem problem = read_problem(arguments);
  const ReplayResult result =
      replay(problem, query, read_condition_trace(text_of(arguments, "trace")), options);
  if (arguments.count("requests")) {
    write_file_atomically(text_of(arguments, "requests"), format_replay_csv(problem, result));
  }
  std::cout << (arguments.count("json") ? format_replay_json(problem, query, result, options)
                                        : format_replay(result));
  return exit_done;
}

}  // namespace

Tool replay_command() {
  return {.name = "scission-adapt replay",
          .summary = "Compares the controller with an oracle and other strategies along a trace.",
          .usage = "PROFILES NETWORK.csv MODEL TRACE.csv [OPTION...]",
          .notes = replay_notes,
          .positional = {"profiles", "network", "model", "trace"},
          .add_options = add_replay_options,
          .run = run_replay};
}

}  // namespace scission::apps
