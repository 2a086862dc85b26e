// scission-adapt sweep: every plan under every condition, measured or predicted.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "adapt/commands.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "log.hpp"
#include "open_model.hpp"
#include "progress.hpp"
#include "run/request.hpp"
#include "scission/model.hpp"
#include "scission/prepare.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"

namespace scission::apps {
namespace {

const char* const sweep_notes = R"(
Sets every combination of the factors' levels, and measures every plan under each: the model cut
over this machine and the workers, each with at most one stage, in the order of --systems. Link rates
are set by relays in this process, which all requests pass through; system loads are set by
stress-ng on the machine itself, and are verified to have ended before the next condition begins.
Neither needs root. With --set-network PROGRAM, that program is called instead with each rate in
Mbit/s (and A and B for the rate of one link) to set it in the network; it may need root:

  #!/bin/sh
  tc qdisc replace dev eth0 root tbf rate "$1"mbit burst 32kbit latency 400ms

A measurement is a series of requests with a --pause before each, as in benchmarks, until their
median is known to --precision; one that fails or stays imprecise is repeated. Conditions, and plans
within them, come in a random order; each of --repeats has its own. Measurements are appended to
DIR/journal.jsonl: after an interruption, the same command resumes. DIR/sweep.json is read by
scission-adapt analyse (docs/sweep-format.md); DIR/study has the adaptivity study's text files.

With --predict no plan is measured: each machine benchmarks itself under each level of its stress,
links are measured at each rate (kept in --profiles), and DIR/sweep.json is computed from these.
scission-adapt analyse MEASURED --beside PREDICTED compares the two.

Examples:
  scission-adapt sweep vgg16 photo.jpg --name edge --workers cloud=10.0.1.5:8001 --insecure \
    --host 10.0.0.2 --network 50,25,10 --edge-cpu 0,50,100 --cloud-cpu 0,50,100 -o measured
  scission-adapt sweep … --predict --profiles profiles -o predicted
  scission-adapt sweep … --cuts best:5 --profiles profiles --repeats 2 -o measured
  scission-adapt analyse measured --beside predicted

Exit codes: 0 done, 1 failed or something could not be measured, 2 wrong usage, 130 after Ctrl-C.
)";

runtime::SweepPrecision precision_of(const Arguments& arguments) {
  constexpr int max = 100'000;
  runtime::SweepPrecision precision;
  precision.width = parse_precision(arguments["precision"].as<std::string>());
  precision.count = int_of(arguments, "count", 1, max);
  precision.max_count = int_of(arguments, "max-count", precision.count, max);
  precision.warmup = int_of(arguments, "warmup", 0, max);
  precision.tries = int_of(arguments, "tries", 1, 100);
  precision.deadline_s = non_negative_of(arguments, "deadline");
  return precision;
}

/// The source first, then the workers in the order of --workers.
Words named_systems(const std::string& source, const Arguments& arguments) {
  Words systems{source};
  for (const std::string& item : words_of(arguments, "workers")) {
    const std::string name = item.substr(0, item.find('='));
    if (std::find(systems.begin(), systems.end(), name) == systems.end()) systems.push_back(name);
  }
  return systems;
}

runtime::SweepMachines machines_of(const Arguments& arguments) {
  runtime::SweepMachines machines;
  machines.source = text_of(arguments, "name", host_name());
  machines.addresses = worker_addresses(arguments);
  require_workers(machines.addresses, "cloud");
  machines.deploy_addresses = deploy_addresses(arguments, machines.addresses);
  machines.security = security_of(arguments, NetworkRole::client);
  machines.systems = parse_option("systems", "", [&](const std::string&) {
    return runtime::select_systems(named_systems(machines.source, arguments),
                                   words_of(arguments, "systems"));
  });
  machines.delay_ms = non_negative_of(arguments, "delay");
  machines.relay_host = text_of(arguments, "host");
  machines.set_network = text_of(arguments, "set-network");
  if (runtime::needs_relay_host(machines)) {
    throw usage_error(
        "workers on other machines need this machine's address, to reach the relays between them: "
        "--host 10.0.0.1; or set rates in the network itself: --set-network PROGRAM",
        "--host");
  }
  return machines;
}

/// What the figures depend on beside the library's options. A journal's names stay as they are:
/// they decide whether an older sweep can be resumed.
std::map<std::string, std::string> identity_of(const Arguments& arguments) {
  std::map<std::string, std::string> texts;
  texts["MODEL"] = text_of(arguments, "model");
  texts["INPUT"] = text_of(arguments, "image");
  for (const char* option : {"plans", "precision", "cuts", "grain", "order", "input-shape"}) {
    texts[fmt::format("--{}", option)] = text_of(arguments, option);
  }
  texts["--speed"] = fmt::format("{}", speed_of(arguments));
  const std::optional<int> threads = optional_int_of(arguments, "threads", 1, 1024);
  texts["--threads"] = threads ? std::to_string(*threads) : "";
  return texts;
}

void add_condition_options(cxxopts::Options& options) {
  options.add_options("Conditions")  //
      ("network", "rates of all links in Mbit/s, or of one link: A-B=50,25 (default: unlimited)",
       list_value(), "50,25,10")  //
      ("cpu", "processor stress of a system in %, also as --SYSTEM-cpu 0,50,100 (default: none)",
       list_value(), "SYSTEM=0,50,100")  //
      ("memory", "memory stress of a system in %, also as --SYSTEM-memory 0,50,100 (default: none)",
       list_value(), "SYSTEM=0,50,100")                                                   //
      ("delay", "one-way delay of every link, in milliseconds", double_value("0"), "MS")  //
      ("host", "this machine's address as workers on other machines reach it", text_value(),
       "HOST")  //
      ("set-network",
       "program that sets link rates, instead of relays; it may need root, as tc does",
       text_value(), "PROGRAM")  //
      ("plans",
       "plans to measure: all, or best:K, the K fastest of each condition by a prediction; also "
       "as --cuts best:K",
       text_value("all"), "all|best:K")  //
      ("systems", "systems that compute, in the order of plans (default: all)", list_value(),
       "A,B");
}

void add_measuring_options(cxxopts::Options& options) {
  const runtime::SweepPrecision usual;
  const auto number = [](int value) { return int_value(std::to_string(value)); };
  options.add_options("Measuring")  //
      ("precision", "width of the median's 95 % interval to reach, as a share of the median",
       text_value("10%"), "P")                                                           //
      ("count", "minimum number of requests per measurement", number(usual.count), "N")  //
      ("max-count", "maximum number of requests per measurement", number(usual.max_count),
       "N")                                                                                 //
      ("warmup", "unmeasured requests before each measurement", number(usual.warmup), "N")  //
      ("tries", "attempts at a measurement that fails or stays imprecise", number(usual.tries),
       "N")                                                                                       //
      ("deadline", "time limit of one request, in seconds", double_value("60"), "S")              //
      ("repeats", "repetitions of the whole grid, each in its own random order", number(1), "N")  //
      ("seed", "seed of the random orders", seed_value("1"),
       "N")                                                                                      //
      ("predict", "compute the grid from benchmarks under each stress instead of measuring it")  //
      ("profiles", "folder of those benchmarks; missing ones are made (default: DIR/profiles)",
       text_value(), "DIR")                                                             //
      ("max-time", "time limit of one benchmark, in seconds", double_value("20"), "S")  //
      ("pause", "pause before each request and each timed run of a benchmark, in seconds",
       double_value("0.05"), "S");
}

void add_sweep_options(cxxopts::Options& options) {
  add_workers_option(options);
  add_condition_options(options);
  add_measuring_options(options);
  options.add_options()                                                                //
      ("name", "name of this machine (default: its host name)", text_value(), "NAME")  //
      ("deploy-workers", "addresses for sending segments (default: those of --workers)",
       list_value(), "NAME=HOST:PORT,...")  //
      ("threads", "threads per operation on this machine (default: the backend's choice)",
       int_value(), "N")  //
      ("speed", "for testbeds: speed of this machine, as a share of its real speed",
       double_value("1"), "SHARE")  //
      ("o,output", "folder for the sweep and its journal", text_value("sweep"),
       "DIR")  //
      ("json", "print the sweep as JSON instead of a summary");
  add_split_options(options);
  add_security_options(options);
  add_log_options(options);
}

runtime::SweepOptions read_options(const Arguments& arguments) {
  runtime::SweepOptions sweep;
  sweep.machines = machines_of(arguments);
  sweep.factors = runtime::parse_factors(
      {{runtime::FactorKind::link_rate, words_of(arguments, "network"), "--network"},
       {runtime::FactorKind::cpu_stress, words_of(arguments, "cpu"), "--cpu"},
       {runtime::FactorKind::memory_stress, words_of(arguments, "memory"), "--memory"}},
      named_systems(sweep.machines.source, arguments));
  sweep.precision = precision_of(arguments);
  sweep.repeats = int_of(arguments, "repeats", 1, 1000);
  sweep.seed = arguments["seed"].as<std::uint64_t>();
  sweep.pause_s = pause_of(arguments);
  sweep.folder = arguments["output"].as<std::string>();
  positive_of(arguments, "max-time");  // gather_options() hands it on
  sweep.identity = identity_of(arguments);
  return sweep;
}

std::vector<runtime::RoutePlan> routes_of(const OpenModel& model,
                                          const runtime::SweepMachines& machines) {
  std::vector<int> layers;
  for (const Cut& cut : model.cuts().cuts) layers.push_back(cut.layer);
  return runtime::enumerate_routes(machines.systems, layers, 10'000);
}

/// The model's segments for the library's sweep.
runtime::SweepModel sweep_model(const OpenModel& model, const ModelSource& source,
                                const Arguments& arguments) {
  const auto write = [&model](const runtime::RoutePlan& plan, const std::filesystem::path& folder) {
    return runtime::assignments_of(plan, write_plan(model, plan, "sweep", folder), folder);
  };
  return {model.graph().name, write, throttled(load_segment, speed_of(arguments)),
          request_inputs(source, text_of(arguments, "image"))};
}

/// What a sweep reports, on stderr.
runtime::SweepCallbacks callbacks_of(PhaseProgress& progress, const Interrupts& interrupts) {
  runtime::SweepCallbacks calls;
  calls.on_progress = [&](const runtime::SweepProgress& now) {
    progress.update(now.phase, now.fraction, now.remaining_s, now.detail);
  };
  calls.on_event = [](const std::string& event) { spdlog::info("{}", event); };
  calls.on_warning = [&](const std::string& message) {
    progress.finish();
    spdlog::warn("{}", message);
  };
  calls.check = [&] {
    const std::optional<int> signal = interrupts.take();
    if (!signal) return;
    progress.finish();
    throw Interrupted{*signal, "interrupted; run the same command again to resume"};
  };
  return calls;
}

runtime::SweepProfiles profiles_of(const ModelSource& source, const Arguments& arguments) {
  runtime::GatherOptions options = run::gather_options(source, arguments);
  options.image = text_of(arguments, "image");
  options.folder =
      text_of(arguments, "profiles",
              std::filesystem::path(arguments["output"].as<std::string>()) / "profiles");
  return runtime::sweep_profiles(options, input_bytes(source));
}

/// `--cuts best:5` as `--plans best:5`; --cuts otherwise says what may cross a cut.
Words choose_plans(Words words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_joined = words[i].starts_with("--cuts=");
    if (!is_joined && (words[i] != "--cuts" || i + 1 == words.size())) continue;
    const std::string value = is_joined ? words[i].substr(7) : words[i + 1];
    if (value == "all" || value.starts_with("best:")) words[i].replace(0, 6, "--plans");
  }
  return words;
}

int run_sweep(const Arguments& arguments) {
  const Interrupts interrupts;  // before any thread
  const ModelSource source = find_model(arguments);
  const runtime::SweepOptions options = read_options(arguments);
  runtime::SweepSteps steps;
  steps.predicts = arguments.count("predict") > 0;
  steps.best =
      parse_option("plans", arguments["plans"].as<std::string>(), runtime::parse_plan_choice);
  keep_freed_memory();
  if (arguments.count("threads")) source.backend->set_threads(arguments["threads"].as<int>());
  PhaseProgress progress;
  const runtime::SweepMachines& machines = options.machines;
  for (const auto& [system, worker] : runtime::connect(machines.addresses, machines.security)) {
    require_name(system, *worker);
  }
  runtime::SweepSession session(options, callbacks_of(progress, interrupts));
  const std::unique_ptr<OpenModel> model = open_model(source, split_options(arguments));
  steps.profiles = [&] { return profiles_of(source, arguments); };
  steps.model = [&] { return sweep_model(*model, source, arguments); };
  const runtime::SweepResult result = session.run(routes_of(*model, options.machines), steps);
  progress.finish();
  if (arguments.count("json") > 0) {
    std::cout << format_sweep(result.sweep);
  } else {
    fmt::print("{} conditions, {} plans: {}\n", result.sweep.conditions.size(),
               result.sweep.plans.size(), (options.folder / "sweep.json").string());
  }
  if (result.counts.failed == 0) return exit_done;
  spdlog::error("{} measurements failed; the sweep's notes say why", result.counts.failed);
  return exit_failed;
}

}  // namespace

Tool sweep_command() {
  return {.name = "scission-adapt sweep",
          .summary = "Measures plans under combinations of link rates and system loads.",
          .usage = "MODEL [INPUT] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = model_help() + sweep_notes,
          .positional = {"model", "image"},
          .add_options = add_sweep_options,
          .run = run_sweep,
          .rewrite = choose_plans,
          .prefixed = {"cpu", "memory"}};
}

}  // namespace scission::apps
