// scission-adapt run: runs a model and switches plans when that is worthwhile.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "adapt/commands.hpp"
#include "base/file.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "log.hpp"
#include "open_model.hpp"
#include "problem_arguments.hpp"
#include "run/request.hpp"
#include "scission/prepare.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::apps {
namespace {

const char* const run_notes = R"(
INPUTS is a folder of images, a text file with one path per line, one image, or - for paths on
standard input; without it, seeded random numbers are sent. A folder or a list is sent once, unless
--repeat is given; random numbers are sent --count times or for --seconds.

The best plan is deployed and requests are sent. The time that each request takes on every link and
system is observed, which costs no traffic. When another plan is expected to be faster by more than
a switch costs, it is deployed and warmed up beside the running one, and takes over between two
requests; requests in flight finish on the old plan. When a system is lost, its requests are sent
again through the best plan without it. Links are probed while no request is in flight, and after a
switch also between requests. With --codecs, how the tensors on a link are coded changes in the same
way, between two requests and without a deployment.

Profiles and network are --profiles DIR and --network FILE.csv. Without --profiles they are measured
first, as scission-plan does, and kept in -o DIR. --workers names the workers; this machine is
--name, or else the only profile without a worker.

Each switch is printed when it happens (stderr); at the end the plans, the latencies of their
requests, the switches, and how much longer than usual requests took around them.

Examples:
  scission-adapt run resnet50 photos/ --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  find photos -name '*.jpg' | scission-adapt run resnet50 - --workers … --profiles plan --log out.csv
  scission-adapt run vgg19 --workers … --profiles plan --rate 5 --seconds 600 --verify --json
  scission-adapt run vgg19 --workers … --profiles plan --rehearse 2 --seconds 120
  scission-adapt run vgg19 --workers … --codecs int8+zstd --calibrate photos/ --max-error 2%

Exit codes: 0 done, 1 failed, a request was not answered, or with --verify an answer differs from
the whole model's; 2 wrong usage, 3 no plan fits. Ctrl-C ends the run as the end of the inputs does.
)";

void add_adaptive_run_options(cxxopts::Options& options) {
  run::add_load_options(options);
  options.add_options()  //
      ("seconds", "maximum time of sending, in seconds (default: unlimited)", double_value(),
       "S")                                          //
      ("repeat", "start INPUTS again at their end")  //
      ("profiles", "folder with profiles of all systems (default: they are measured)", text_value(),
       "DIR")  //
      ("network", "the links between the systems; also looked for in --profiles",
       text_value("network.csv"), "FILE.csv")  //
      ("o,output", "folder for measured profiles and links", text_value("."),
       "DIR")                                                                         //
      ("log", "write a row for each request to this file", text_value(), "FILE.csv")  //
      ("events", "write what happens to this file as it happens, for scission-explore --follow",
       text_value(), "FILE.jsonl");
  options.add_options("Controller")                                                      //
      ("lean", "keep one plan in memory: requests wait while the next one is deployed")  //
      ("plans-in-memory", "maximum number of deployed plans, including the running one",
       int_value("2"), "N")  //
      ("deploy-share",
       "share of a link's bandwidth for deploying while requests are served; more deploys sooner "
       "and delays requests more",
       text_value("25%"), "SHARE")                                      //
      ("no-probes", "never probe idle links; only requests are sent")   //
      ("stay", "observe, but switch plans only when a system is lost")  //
      ("rehearse",
       "switch between the three best plans at this interval in seconds, to measure what a switch "
       "costs",
       double_value(), "S");
  add_controller_options(options);
  run::add_codec_options(options);
  run::add_gather_options(options);
  add_workers_option(options);
  add_split_options(options);
  add_security_options(options);
  add_log_options(options);
}

run::Request read_run_request(const Arguments& arguments) {
  run::validate_outputs(arguments);
  run::Request request = run::read_load_request(arguments);
  run::read_connections(arguments, request);
  request.fails_over = true;
  require_workers(request.deployment.addresses);
  if (arguments.count("repeat") && text_of(arguments, "inputs") == "-") {
    throw usage_error("cannot be read twice", "--repeat");
  }
  if (arguments.count("profiles") == 0 && arguments.count("network")) {
    throw usage_error("only together with --profiles; without them both are measured", "--network");
  }
  if (arguments.count("lean") && arguments.count("plans-in-memory")) {
    throw usage_error("is the same as --plans-in-memory 1; give only one of them", "--lean");
  }
  return request;
}

runtime::AdaptiveOptions adaptive_options(const Arguments& arguments) {
  runtime::AdaptiveOptions options;
  options.controller = controller_options(arguments);
  options.plans_in_memory = arguments.count("lean") ? 1 : int_of(arguments, "plans-in-memory", 1);
  options.deploy_share =
      parse_fraction(arguments["deploy-share"].as<std::string>(), "--deploy-share");
  if (options.deploy_share < 0.01 || options.deploy_share > 1) {
    throw usage_error("must be 1% to 100%", "--deploy-share");
  }
  options.is_automatic = arguments.count("rehearse") + arguments.count("stay") == 0;
  return options;
}

// A folder or list ends by itself unless it repeats; random numbers do not.
runtime::AdaptiveRunOptions run_options(const Arguments& arguments, const run::Request& request) {
  runtime::AdaptiveRunOptions options;
  options.concurrency = request.load.concurrency;
  options.requests_per_s = request.load.requests_per_s;
  if (arguments.count("seconds")) options.seconds = positive_of(arguments, "seconds");
  const bool ends = !text_of(arguments, "inputs").empty() && arguments.count("repeat") == 0;
  if (arguments.count("count") || !(ends || options.seconds)) options.count = request.load.count;
  options.warmup = request.load.warmup;
  if (request.tolerance) options.difference = relative_difference;
  if (arguments.count("rehearse")) options.rehearse_every_s = positive_of(arguments, "rehearse");
  return options;
}

/// From --profiles and --network, or measured on all machines; this machine is the first system.
PartitionProblem find_problem(const Arguments& arguments, const run::Request& request,
                              const ModelSource& source) {
  const std::string folder = text_of(arguments, "profiles");
  runtime::GatheredSetup setup;
  if (folder.empty()) {
    runtime::GatherOptions options = run::gather_options(source, arguments);
    options.folder = arguments["output"].as<std::string>();
    setup =
        runtime::gather_setup(request.deployment.addresses, request.deployment.security, options);
  } else {
    setup.profiles = read_profiles(folder);
    setup.network = read_network(find_data_file(arguments["network"].as<std::string>(), folder));
  }
  return runtime::problem_of_workers(setup.profiles, setup.network, source.name,
                                     text_of(arguments, "name"), request.deployment.addresses,
                                     folder);
}

/// How the run's plans reach the workers; what the run sends is left to the caller.
runtime::WorkerRunOptions worker_options(const Arguments& arguments, const run::Request& request,
                                         const PartitionProblem& problem, const OpenModel& model) {
  constexpr int rehearsed_plans = 3;  // two are in memory, so that each switch deploys one
  runtime::WorkerRunOptions options;
  options.deployment =
      run::deployment_options(request, problem.model, problem.systems.front().name);
  options.write_segments = [&model](const std::vector<Placement>& plan, int number,
                                    const std::filesystem::path& folder) {
    return write_plan(model, plan, fmt::format("the profiles: plan {}", number), folder);
  };
  options.probes = arguments.count("no-probes") == 0;
  options.rehearsed_plans = arguments.count("rehearse") ? rehearsed_plans : 0;
  options.on_connected = [&request](const runtime::PlanDeployment& deployment) {
    run::require_names(deployment, request);
  };
  options.on_event = [](const std::string& event) { spdlog::info("{}", event); };
  options.on_warning = [](const std::string& warning) { spdlog::warn("{}", warning); };
  return options;
}

int print(const runtime::AdaptiveReport& report, const Arguments& arguments) {
  const std::string log = text_of(arguments, "log");
  if (!log.empty()) write_file_atomically(log, format_report_csv(report));
  std::cout << (arguments.count("json") ? format_report_json(report)
                                        : format_report(report, stdout_width()));
  const Words faults = find_faults(report);
  for (const std::string& fault : faults) print_failure("scission-adapt run", fault);
  return faults.empty() ? exit_done : exit_failed;
}

int run_adaptively(const Arguments& arguments) {
  const run::Request request = read_run_request(arguments);
  Query query;
  run::read_codec_query(arguments, query);
  runtime::AdaptiveRunOptions sending = run_options(arguments, request);
  runtime::AdaptiveOptions adaptive = adaptive_options(arguments);
  keep_freed_memory();
  const Interrupts interrupts;  // before there are threads
  const ModelSource source = find_model(arguments);
  if (request.threads) source.backend->set_threads(*request.threads);
  // Before any worker is asked: a missing file ends here.
  RequestSeries inputs(source, {text_of(arguments, "inputs"), arguments.count("repeat") > 0,
                                request.tolerance.has_value()});
  const PartitionProblem problem = find_problem(arguments, request, source);
  query.input_bytes = input_bytes(source);
  query.route = Route::any_order;
  query.sources = {"@" + problem.systems.front().name};
  const std::unique_ptr<OpenModel> model = open_model(source, split_options(arguments));
  adaptive.sample = source.backend->random_inputs({source.inputs});
  sending.should_continue = [&interrupts] { return !interrupts.take(); };
  sending.next_input = [&]() -> std::shared_ptr<const RequestInput> {
    auto input = inputs.next();
    return input ? std::make_shared<RequestInput>(std::move(*input)) : nullptr;
  };
  runtime::WorkerRunOptions options = worker_options(arguments, request, problem, *model);
  options.adaptive = std::move(adaptive);
  options.run = std::move(sending);
  if (arguments.count("events")) {
    options.run.events = run::open_events(text_of(arguments, "events"), problem.model);
  }
  runtime::AdaptiveReport report = runtime::run_on_workers(problem, query, options);
  report.tolerance = request.tolerance;
  return print(report, arguments);
}

}  // namespace

Tool adaptive_run_command() {
  return {.name = "scission-adapt run",
          .summary = "Runs a model, and switches to another plan when that is worthwhile.",
          .usage = "MODEL [INPUTS] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = model_help() + run_notes,
          .positional = {"model", "inputs"},
          .add_options = add_adaptive_run_options,
          .run = run_adaptively};
}

}  // namespace scission::apps
