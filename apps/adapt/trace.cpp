// scission-adapt trace: conditions over time, made up.
#include "scission/control/replay.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"
#include "question.hpp"
#include "scission/base/error.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

const char* const epilog = R"(
Arguments:
  PROFILES, NETWORK.csv, MODEL   as for scission-predict: whose links and systems change

The trace has a column for the rate of every link (Mbit/s; 0: down) and the slowdown of every system
(a factor on its profile's times), and a row for every tick, which holds until the next:
  time_s,link:handheld->box:mbit,slowdown:box
KINDS:
  steps     jumps: a rate to 0.1 ... 1 of the network's, a slowdown to 1 ... 4, evenly in the
            logarithm
  ramps     the same as glides; with steps, half of the changes are either
  noise     a log-normal factor of mean 1 on everything, drawn anew for every row
  outages   links go down for a while
  constant  nothing at all
Times between changes, between outages and of outages are exponential. The same seed gives the same
trace.
A trace that was recorded has the same format; see docs/controlling.md.

Examples:
  scission-adapt trace data/example network.csv vgg19 > trace.csv
  scission-adapt trace data/example network.csv vgg19 --kinds steps,noise --seed 7 -o trace.csv

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  const auto text = [](const char* value) {
    return cxxopts::value<std::string>()->default_value(value);
  };
  cxxopts::Options options("scission-adapt trace", "Makes up conditions over time.\n");
  options.custom_help("PROFILES NETWORK.csv MODEL [OPTION...]");
  options.positional_help("");
  options.add_options()  //
      ("kinds", "what happens",
       cxxopts::value<std::vector<std::string>>()->default_value("steps,ramps,noise,outages"),
       "KINDS")                                                                             //
      ("seed", "the randomness", cxxopts::value<std::uint64_t>()->default_value("1"), "N")  //
      ("duration", "how long it is", text("600"), "S")                                      //
      ("tick", "a row every so often", text("0.5"), "S")                                    //
      ("change-every", "mean time between two changes of one column", text("60"), "S")      //
      ("ramp", "how long a glide takes", text("20"), "S")                                   //
      ("lowest-rate", "the least a rate may become, as a share", text("0.1"), "SHARE")      //
      ("highest-slowdown", "the most a slowdown may become", text("4"), "FACTOR")           //
      ("noise", "standard deviation of the noise's logarithm", text("0.2"), "SD")           //
      ("outage-every", "mean time between two outages of one link", text("120"), "S")       //
      ("outage", "mean length of an outage", text("10"), "S")                               //
      ("o,output", "write the trace there instead of to stdout", cxxopts::value<std::string>(),
       "FILE.csv")             //
      ("h,help", "this text")  //
      ("version", "the version");
  add_question_arguments(options);
  return options;
}

void add_kind(const std::string& kind, ConditionTraceOptions& options) {
  if (kind == "steps")
    options.has_steps = true;
  else if (kind == "ramps")
    options.has_ramps = true;
  else if (kind == "noise")
    options.has_noise = true;
  else if (kind == "outages")
    options.has_outages = true;
  else if (kind != "constant") {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("'{}' is no kind; there are steps, ramps, noise, outages, constant", kind),
        "--kinds");
  }
}

ConditionTraceOptions trace_options(const cxxopts::ParseResult& arguments) {
  constexpr double least = 1e-6;
  constexpr double most = 1e9;
  ConditionTraceOptions options;
  for (const auto& kind : arguments["kinds"].as<std::vector<std::string>>()) {
    add_kind(kind, options);
  }
  options.seed = arguments["seed"].as<std::uint64_t>();
  options.duration_s = number_option(arguments, "duration", least, most);
  options.tick_s = number_option(arguments, "tick", least, most);
  options.change_every_s = number_option(arguments, "change-every", least, most);
  options.ramp_s = number_option(arguments, "ramp", least, most);
  options.lowest_rate = number_option(arguments, "lowest-rate", 1e-4, 1);
  options.highest_slowdown = number_option(arguments, "highest-slowdown", 1, 1e4);
  options.noise = number_option(arguments, "noise", 0, 2);
  options.outage_every_s = number_option(arguments, "outage-every", least, most);
  options.outage_s = number_option(arguments, "outage", least, most);
  return options;
}

}  // namespace

int trace(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, epilog);
    return exit_done;
  }
  const ConditionTraceOptions wanted = trace_options(arguments);
  const ConditionTrace made = generate_condition_trace(read_question(arguments), wanted);
  if (arguments.count("output")) {
    write_condition_trace(made, arguments["output"].as<std::string>());
  } else {
    std::cout << format_condition_trace(made);
  }
  return exit_done;
}

}  // namespace scission::apps
