// scission-adapt trace: generated conditions over time. scission-adapt replay: the controller along
// a trace, compared with other strategies.
#include <iostream>
#include <string>

#include "adapt/commands.hpp"
#include "base/file.hpp"
#include "problem_arguments.hpp"
#include "scission/base.hpp"
#include "scission/control.hpp"

namespace scission::apps {
namespace {

constexpr double min_time_s = 1e-6;
constexpr double max_number = 1e9;

const char* const trace_notes = R"(
Arguments:
  PROFILES, NETWORK.csv, MODEL   as for scission-predict: the links and systems that change

The trace has a column for the rate of each link (Mbit/s; 0: down) and for the slowdown of each
system (a factor on its profile's times), and a row for each tick, which holds until the next:
  time_s,link:handheld->box:mbit,slowdown:box
KINDS:
  steps     abrupt changes: a rate to 0.1 ... 1 of the network's, a slowdown to 1 ... 4, uniformly
            distributed in the logarithm
  ramps     the same as gradual changes; with steps, half of the changes are of each kind
  noise     a log-normal factor of mean 1 on each value of each row
  outages   links are down for some time
  constant  none of these
Times between changes, between outages and of outages are exponential. The same seed gives the same
trace. A recorded trace has the same format; see docs/controlling.md.

Examples:
  scission-adapt trace data/example network.csv vgg19 > trace.csv
  scission-adapt trace data/example network.csv vgg19 --kinds steps,noise --seed 7 -o trace.csv

Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

std::vector<NumberOption> numbers_of(ConditionTraceOptions& options) {
  return {
      {"duration", "duration of the trace, in seconds", "S", &options.duration_s, min_time_s,
       max_number},
      {"tick", "time between two rows, in seconds", "S", &options.tick_s, min_time_s, max_number},
      {"change-every", "mean time between two changes of a column, in seconds", "S",
       &options.change_every_s, min_time_s, max_number},
      {"ramp", "duration of a gradual change, in seconds", "S", &options.ramp_s, min_time_s,
       max_number},
      {"lowest-rate", "lowest rate of a link, as a share of the network's", "SHARE",
       &options.lowest_rate, 1e-4, 1},
      {"highest-slowdown", "highest slowdown of a system", "FACTOR", &options.highest_slowdown, 1,
       1e4},
      {"noise", "standard deviation of the noise's logarithm", "SD", &options.noise, 0, 2},
      {"outage-every", "mean time between two outages of a link, in seconds", "S",
       &options.outage_every_s, min_time_s, max_number},
      {"outage", "mean duration of an outage, in seconds", "S", &options.outage_s, min_time_s,
       max_number}};
}

void add_trace_options(cxxopts::Options& options) {
  options.add_options()  //
      ("kinds", "kinds of changes, separated by commas", list_value("steps,ramps,noise,outages"),
       "KINDS")  //
      ("seed", "seed of the random numbers", seed_value("1"), "N");
  ConditionTraceOptions usual;
  add_numbers(options, "", numbers_of(usual));
  options.add_options()("o,output", "file to write the trace to (default: stdout)", text_value(),
                        "FILE.csv");
}

int run_trace(const Arguments& arguments) {
  ConditionTraceOptions options = parse_option(
      "kinds", "", [&](const auto&) { return parse_trace_kinds(arguments["kinds"].as<Words>()); });
  options.seed = arguments["seed"].as<std::uint64_t>();
  read_numbers(arguments, numbers_of(options));
  const ConditionTrace trace =
      generate_condition_trace(read_problem("scission-adapt trace", arguments), options);
  if (arguments.count("output")) {
    write_condition_trace(trace, text_of(arguments, "output"));
  } else {
    std::cout << format_condition_trace(trace);
  }
  return exit_done;
}

const char* const replay_notes = R"(
Arguments:
  PROFILES, NETWORK.csv, MODEL   as for scission-predict: the problem as it was profiled
  TRACE.csv                      rates and slowdowns over time; see scission-adapt trace

Strategies:
  oracle        knows the trace and always runs the best plan; switches cost it nothing
  controller    Scission's controller: observes its requests and probes only
  naive         knows all times of links and systems at the previous request, and runs the plan
                that was the best then
  static best   the best single plan in hindsight; in an outage a request waits for a timeout,
                then takes the oracle's plan
Regret is the sum of all latencies ÷ the oracle's − 1; switches and timeouts count as latency
(downtime). Probes go over links and to systems that no request uses at the moment.

Examples:
  scission-adapt trace data/example network.csv vgg19 -o trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv --switch 6 --no-probes --json
  scission-adapt replay data/example network.csv vgg19 trace.csv --jitter 0.2 --requests out.csv

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no plan fits.
)";

void add_replay_options(cxxopts::Options& options) {
  options.add_options()  //
      ("i,input-size",
       "size of the model's input, in MB (default: 0.15, a compressed picture, for the original's "
       "models; else the input tensor's, from the profiles)",
       text_value(), "MB")  //
      ("source", "systems or platforms where the input may lie (default: the first platform)",
       list_value(), "SYSTEMS")                                                   //
      ("every", "time between two requests, in seconds", text_value("0.5"), "S")  //
      ("jitter", "standard deviation of the logarithm of each request's noise", text_value("0"),
       "SD")                                                                          //
      ("seed", "seed of the jitter", seed_value("1"), "N")                            //
      ("switch", "delay that a switch causes, in seconds", text_value("0.001"), "S")  //
      ("timeout", "time until a request notices that a link is down, in seconds", text_value("0.5"),
       "S")  //
      ("no-probes", "send no probes, only requests");
  add_controller_options(options);
  options.add_options("Output")  //
      ("requests", "file to write a row for each request to", text_value(),
       "FILE.csv")  //
      ("json", "print the replay as JSON");
}

ReplayOptions replay_options(const Arguments& arguments) {
  ReplayOptions options;
  options.request_every_s = number_of(arguments, "every", min_time_s, max_number);
  options.jitter = number_of(arguments, "jitter", 0, 2);
  options.seed = arguments["seed"].as<std::uint64_t>();
  options.switch_s = number_of(arguments, "switch", 0, max_number);
  options.timeout_s = number_of(arguments, "timeout", 0, max_number);
  options.sends_probes = arguments.count("no-probes") == 0;
  options.controller = controller_options(arguments);
  return options;
}

int run_replay(const Arguments& arguments) {
  if (arguments.count("trace") == 0) {
    throw usage_error("PROFILES, NETWORK.csv, MODEL and TRACE.csv are needed; see --help");
  }
  const ReplayOptions options = replay_options(arguments);
  Query query;
  const bool assumes_input = arguments.count("input-size") == 0;
  if (!assumes_input) {
    query.input_bytes = number_of(arguments, "input-size", 0, 1e6) * bytes_per_megabyte;
  }
  query.sources = words_of(arguments, "source");
  const PartitionProblem problem = read_problem("scission-adapt replay", arguments);
  if (assumes_input) query.input_bytes = default_input_bytes(problem);
  const ReplayResult result =
      replay(problem, query, read_condition_trace(text_of(arguments, "trace")), options);
  if (arguments.count("requests")) {
    write_file_atomically(text_of(arguments, "requests"), format_replay_csv(problem, result));
  }
  std::cout << (arguments.count("json") ? format_replay_json(problem, query, result, options)
                                        : format_replay(result, stdout_width()))
            << std::flush;
  print_notes(problem_notes(problem, query, assumes_input));
  return exit_done;
}

}  // namespace

Tool trace_command() {
  return {.name = "scission-adapt trace",
          .summary = "Generates conditions over time.",
          .usage = "PROFILES NETWORK.csv MODEL [OPTION...]",
          .notes = trace_notes,
          .positional = {"profiles", "network", "model"},
          .add_options = add_trace_options,
          .run = run_trace};
}

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
