// scission-adapt run: a model at work, and another plan when that pays.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cxxopts.hpp>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "adapt/commands.hpp"
#include "adapt/run_inputs.hpp"
#include "adapt/run_problem.hpp"
#include "adapt/run_report.hpp"
#include "adapt/run_request.hpp"
#include "at.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "command_line.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "run/deployed.hpp"
#include "run/prepare.hpp"
#include "run/tables.hpp"
#include "run/verify.hpp"
#include "scission/base/error.hpp"
#include "scission/runtime/adaptive/adaptive_run.hpp"
#include "scission/torchscript/execute/backend.hpp"
#include "security_options.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

const char* const epilog = R"(
INPUTS is a folder of images, a text file with a path a line, one image, or - for paths on standard
input; without it seeded random numbers go in. A folder or a list is sent once, unless --repeat;
random numbers --count times or for --seconds.

The best plan is deployed and requests are sent. What each of them takes of every link and system is
watched; that costs no traffic. When another plan is expected to be faster by more than a switch
costs, it is deployed and warmed beside the running one, and taken from one request to the next;
requests under way finish where they are. When a system is lost, what was under way is sent again
through the best plan without it. Only while no request is under way are links probed.

Profiles and network are --profiles DIR and --network FILE.csv, or else measured first, as
scission-plan does, and kept in -o DIR. --workers names the workers; this machine is the profile without
one, or --name.

It prints each switch as it happens (stderr), and at the end the plans, what each request took
through them, the switches, and how much longer than usual requests took around them.

Examples:
  scission-adapt run resnet50 photos/ --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure
  find photos -name '*.jpg' | scission-adapt run resnet50 - --workers … --profiles plan --log out.csv
  scission-adapt run vgg19 --workers … --profiles plan --rate 5 --seconds 600 --verify --json
  scission-adapt run vgg19 --workers … --profiles plan --rehearse 2 --seconds 120

Exit codes: 0 done, 1 it failed, a request was not answered, or with --verify an answer is not the
whole model's; 2 wrong usage, 3 no plan fits.
)";

constexpr int rehearsed_plans = 3;  // two are in memory, so that each switch deploys one

/// A plan's stages as write_plans() and tables take them.
PlanTimeline timeline_of(const std::vector<Placement>& plan, const std::string& source) {
  PlanTimeline timeline;
  timeline.source = source;
  for (const Placement& stage : plan) {
    TimelineItem item;
    item.system = stage.system;
    item.first_layer = stage.first_layer;
    item.last_layer = stage.last_layer;
    timeline.items.push_back(std::move(item));
  }
  return timeline;
}

/// Segments of LibTorch on the workers, for the library's run. The arguments must outlive it.
runtime::AdaptiveDeployment deployment_of(const RunRequest& request,
                                          const torchscript::SplitModel& model,
                                          run::Deployed& deployed, const std::string& source,
                                          const std::filesystem::path& folder) {
  runtime::AdaptiveDeployment deployment;
  deployment.clients = deployed.clients();
  deployment.probes = request.probes;
  deployment.probe_deadline_s = request.common.deadline_s;
  deployment.write_segments = [&, source, folder,
                               count = 0](const std::vector<Placement>& plan) mutable {
    run::Request writing = request.common;
    writing.plans = "the profiles";
    writing.first_plan = ++count;
    return run::write_plans(model, {timeline_of(plan, source)}, writing, folder).front();
  };
  deployment.deploy = [&deployed](const std::vector<runtime::StageAssignment>& plan,
                                  const std::function<double()>& share) {
    return deployed.pipeline(plan, share);
  };
  deployment.remove = [&deployed](const auto& plan, const auto& kept) {
    deployed.take_away(plan, kept);
  };
  return deployment;
}

runtime::AdaptiveRunOptions run_options(const RunRequest& request, RunInputs& inputs,
                                        const RunProblem& problem, const Interrupts& interrupts) {
  runtime::AdaptiveRunOptions options;
  options.concurrency = request.common.concurrency;
  options.rate = request.common.rate;
  options.count = request.count;
  options.seconds = request.seconds;
  options.warmup = request.common.warmup;
  options.next_input = [&inputs] { return inputs.next(); };
  if (request.common.tolerance) options.difference = run::difference;
  options.should_continue = [&interrupts] { return !interrupts.take(); };
  if (request.rehearse_s > 0) {
    Query query = problem.query;
    query.result_count = rehearsed_plans;
    options.rehearsed = search(problem.problem, query).plans;
    options.rehearse_every_s = request.rehearse_s;
  }
  return options;
}

/// "device 0-6 → edge1 7-25".
std::string route_of(const PartitionProblem& problem, const Plan& plan) {
  return run::route_text(timeline_of(placements_of(problem, plan), {}));
}

int run_adaptively(const RunRequest& request, const cxxopts::ParseResult& arguments) {
  torchscript::keep_freed_memory();
  if (request.common.threads) torchscript::set_threads(*request.common.threads);
  const Interrupts interrupts;  // before there are threads
  const ModelSource source = find_model(arguments);
  RunInputs inputs(request, source);  // before any worker is asked: a missing file ends here
  const RunProblem found = find_problem(request, source, arguments);
  const std::string name = found.problem.systems.front().name;
  const torchscript::SplitModel model = open_model(source, split_options(arguments));
  const WorkFolder folder(std::filesystem::temp_directory_path());
  run::Deployed deployed(request.common, found.problem.model, name, {});
  const auto route = [&](const Plan& plan) { return route_of(found.problem, plan); };

  runtime::AdaptiveCallbacks calls = runtime::worker_callbacks(
      found.problem, deployment_of(request, model, deployed, name, folder.path()));
  calls.on_switch = [&](const runtime::PlanSwitch& change, const Plan& to) {
    if (request.rehearse_s == 0) spdlog::info("{}", format_switch(change, route(to)));
  };
  calls.on_deploy_failed = [&](const Plan& plan, const std::string& why) {
    spdlog::warn("{} could not be deployed: {}", route(plan), why);
  };
  runtime::AdaptiveOptions adaptive = request.adaptive;
  adaptive.sample = inputs.sample();
  runtime::AdaptiveRunOptions options = run_options(request, inputs, found, interrupts);
  options.on_start = [&](const Plan& plan) { spdlog::info("plan 1, {}", route(plan)); };

  runtime::AdaptiveReport report =
      runtime::run_adaptive(found.problem, found.query, std::move(calls), adaptive, options);
  report.model = source.name;
  report.tolerance = request.common.tolerance;
  if (!request.log.empty()) write_file_atomically(request.log, format_report_csv(report));
  std::cout << (request.common.as_json ? format_report_json(report) : format_report(report));
  return exit_code_of(report);
}

cxxopts::Options make_options() {
  cxxopts::Options options("scission-adapt run",
                           "Runs a model, and goes over to another plan when that pays.\n");
  options.custom_help("MODEL [INPUTS] --workers SYSTEM=HOST:PORT,… [OPTION...]");
  add_run_options(options);
  add_address_option(options);
  add_split_options(options);
  add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.add_options("positional")("model", "", cxxopts::value<std::string>())(
      "inputs", "", cxxopts::value<std::string>());
  options.parse_positional({"model", "inputs"});
  options.positional_help("");
  return options;
}

}  // namespace

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, std::string(model_help) + epilog);
    return exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-adapt run --help",
                            arguments.unmatched().front()));
  }
  return run_adaptively(read_run_request(arguments), arguments);
}

}  // namespace scission::apps
