// scission-adapt trace: generated conditions over time.
#include <fmt/format.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "scission/control/replay.hpp"

namespace scission::apps {
namespace {

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

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

void add_trace_options(cxxopts::Options& options) {
  options.add_options()  //
      ("kinds", "kinds of changes, separated by commas",
       cxxopts::value<Words>()->default_value("steps,ramps,noise,outages"), "KINDS")  //
      ("seed", "seed of the random numbers", cxxopts::value<std::uint64_t>()->default_value("1"),
       "N")                                                                   //
      ("duration", "duration of the trace, in seconds", usually("600"), "S")  //
      ("tick", "time between two rows, in seconds", usually("0.5"), "S")      //
      ("change-every", "mean time between two changes of a column, in seconds", usually("60"),
       "S")                                                                     //
      ("ramp", "duration of a gradual change, in seconds", usually("20"), "S")  //
      ("lowest-rate", "lowest rate of a link, as a share of the network's", usually("0.1"),
       "SHARE")                                                                       //
      ("highest-slowdown", "highest slowdown of a system", usually("4"), "FACTOR")    //
      ("noise", "standard deviation of the noise's logarithm", usually("0.2"), "SD")  //
      ("outage-every", "mean time between two outages of a link, in seconds", usually("120"),
       "S")                                                                     //
      ("outage", "mean duration of an outage, in seconds", usually("10"), "S")  //
      ("o,output", "file to write the trace to (default: stdout)", cxxopts::value<std::string>(),
       "FILE.csv");
}

void add_kind(const std::string& kind, ConditionTraceOptions& options) {
  if (kind == "steps") {
    options.has_steps = true;
  } else if (kind == "ramps") {
    options.has_ramps = true;
  } else if (kind == "noise") {
    options.has_noise = true;
  } else if (kind == "outages") {
    options.has_outages = true;
  } else if (kind != "constant") {
    throw usage_error(
        fmt::format("'{}' is not one of steps, ramps, noise, outages, constant", kind), "--kinds");
  }
}

ConditionTraceOptions trace_options(const Arguments& arguments) {
  constexpr double min = 1e-6;
  constexpr double max = 1e9;
  ConditionTraceOptions options;
  for (const std::string& kind : arguments["kinds"].as<Words>()) add_kind(kind, options);
  options.seed = arguments["seed"].as<std::uint64_t>();
  options.duration_s = number_of(arguments, "duration", min, max);
  options.tick_s = number_of(arguments, "tick", min, max);
  options.change_every_s = number_of(arguments, "change-every", min, max);
  options.ramp_s = number_of(arguments, "ramp", min, max);
  options.lowest_rate = number_of(arguments, "lowest-rate", 1e-4, 1);
  options.highest_slowdown = number_of(arguments, "highest-slowdown", 1, 1e4);
  options.noise = number_of(arguments, "noise", 0, 2);
  options.outage_every_s = number_of(arguments, "outage-every", min, max);
  options.outage_s = number_of(arguments, "outage", min, max);
  return options;
}

int run_trace(const Arguments& arguments) {
  const ConditionTraceOptions options = trace_options(arguments);
  const ConditionTrace trace = generate_condition_trace(read_problem(arguments), options);
  if (arguments.count("output")) {
    write_condition_trace(trace, text_of(arguments, "output"));
  } else {
    std::cout << format_condition_trace(trace);
  }
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

}  // namespace scission::apps
