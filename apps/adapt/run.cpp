// scission-adapt run: runs a model and switches plans when that is worthwhile.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <torch/script.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/commands.hpp"
#include "adapt/run.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "plan/gather_options.hpp"
#include "run/prepare.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/search/search.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

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
switch also between requests.

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

Exit codes: 0 done, 1 it failed, a request was not answered, or with --verify an answer differs from
the whole model's; 2 wrong usage, 3 no plan fits.
)";

constexpr std::size_t random_count = 4;  // several, so that exchanged answers are noticed

using Input = std::shared_ptr<const runtime::AdaptiveInput>;

/// Images of a folder in the order of their names, or of a list with one path per line, read when
/// they are needed; or a few tensors of seeded random numbers in turn.
class RunInputs {
 public:
  /// Throws Error(not_found) for a missing folder or file, Error(invalid_argument) when a folder
  /// holds no image or the model takes none.
  RunInputs(const RunRequest& request, const ModelSource& source)
      : request_(request), source_(source) {
    const std::string& inputs = request.inputs;
    if (inputs.empty() || inputs == "-") return;
    paths_ = torchscript::image_paths(inputs);
    run::request_inputs(source, paths_.front());  // the model takes images, and this is one
  }

  /// Null at the end. Blocks for the next line of standard input. Throws as load_image() does.
  Input next() {
    if (request_.inputs.empty()) return next_random();
    const std::optional<std::string> path = next_path();
    return path ? finished(*path, run::request_inputs(source_, *path)) : nullptr;
  }

  /// Inputs for warming up; never read from standard input.
  std::vector<Tensor> sample() const { return torchscript::random_tensors({source_.inputs}); }

 private:
  std::optional<std::string> next_path() {
    if (request_.inputs == "-") {
      std::string line;
      while (std::getline(std::cin, line)) {
        if (!line.empty()) return line;
      }
      return std::nullopt;
    }
    if (next_ == paths_.size() && request_.repeats) next_ = 0;
    if (next_ == paths_.size()) return std::nullopt;
    return paths_[next_++];
  }

  Input next_random() {
    const std::size_t number = next_++ % random_count;
    if (number == random_.size()) {
      random_.push_back(finished("random-" + std::to_string(number),
                                 torchscript::random_inputs({source_.inputs, number})));
    }
    return random_[number];
  }

  Input finished(const std::string& name, const std::vector<at::Tensor>& tensors) const {
    runtime::AdaptiveInput input{name, torchscript::to_tensors(tensors), {}};
    if (request_.common.tolerance) {
      input.expected = torchscript::whole_outputs(source_.load(), source_.name, tensors);
    }
    return std::make_shared<const runtime::AdaptiveInput>(std::move(input));
  }

  const RunRequest& request_;
  const ModelSource& source_;
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::vector<Input> random_;
};

using Profiles = std::vector<SystemProfile>;

bool is_worker(const RunRequest& request, const std::string& system) {
  return request.common.addresses.count(system) > 0;
}

std::string source_name(const Profiles& profiles, const RunRequest& request,
                        const Arguments& arguments) {
  if (arguments.count("name")) return arguments["name"].as<std::string>();
  std::vector<std::string> others;
  for (const SystemProfile& profile : profiles) {
    if (!is_worker(request, profile.name)) others.push_back(profile.name);
  }
  return others.size() == 1 ? others.front() : host_name();
}

void require(const Profiles& profiles, const std::string& system, const RunRequest& request) {
  const bool is_there = std::any_of(profiles.begin(), profiles.end(),
                                    [&](const auto& profile) { return profile.name == system; });
  if (is_there) return;
  throw Error(ErrorCode::not_found,
              fmt::format("has no profile of {}; benchmark it, or leave --profiles out", system),
              request.profiles.string());
}

Network measure(const RunRequest& request, const ModelSource& source, const Arguments& arguments,
                Profiles& profiles) {
  runtime::GatherOptions options = plan::gather_options(source, arguments);
  options.folder = request.output;
  runtime::Lease lease;
  const runtime::Clients workers =
      runtime::connect(request.common.addresses, request.common.security, lease.id());
  lease.hold(workers);
  profiles = runtime::gather_profiles(workers, options);
  return runtime::gather_links(workers, profiles, options);
}

struct RunProblem {
  PartitionProblem problem;  ///< this machine is the first system
  Query query;
};

/// From the profiles and the network that the request names, or measured on all machines. This
/// machine is --name, else the only profile without a worker, else the host's name.
RunProblem find_problem(const RunRequest& request, const ModelSource& source,
                        const Arguments& arguments) {
  Profiles profiles;
  Network network;
  if (request.profiles.empty()) {
    network = measure(request, source, arguments, profiles);
  } else {
    profiles = read_profiles(request.profiles);
    network = read_network(find_data_file(request.network, request.profiles));
  }
  const std::string name = source_name(profiles, request, arguments);
  std::vector<std::string> systems{name};
  for (const auto& [system, address] : request.common.addresses) {
    if (system != name) systems.push_back(system);
  }
  for (const std::string& system : systems) require(profiles, system, request);
  RunProblem found;
  found.problem = runtime::problem_of_systems(profiles, network, source.name, systems);
  found.query.input_bytes = torchscript::input_bytes(source);
  found.query.route = Route::any_order;
  found.query.sources = {"@" + name};
  return found;
}

constexpr int rehearsed_plans = 3;  // two are in memory, so that each switch deploys one

/// Segments of LibTorch on the workers, for the library's run. The arguments must outlive it.
runtime::AdaptiveDeployment deployment_of(const RunRequest& request,
                                          const torchscript::SplitModel& model,
                                          runtime::PlanDeployment& deployed,
                                          const std::filesystem::path& folder) {
  runtime::AdaptiveDeployment deployment;
  deployment.clients = deployed.clients();
  deployment.probes = request.probes;
  deployment.probe_deadline_s = request.common.deadline_s;
  deployment.write_segments = [&model, folder,
                               count = 0](const std::vector<Placement>& plan) mutable {
    const std::string number = std::to_string(++count);
    const SegmentManifest manifest =
        run::write_plan(model, plan, "the profiles: plan " + number, folder / number);
    return runtime::assignments_of(plan, manifest, folder / number);
  };
  deployment.deploy = [&deployed](const std::vector<runtime::StageAssignment>& plan,
                                  const std::function<double()>& share) {
    return deployed.pipeline(plan, share);
  };
  deployment.remove = [&deployed](const auto& plan, const auto& kept) {
    deployed.remove(plan, kept);
  };
  return deployment;
}

runtime::AdaptiveRunOptions run_options(const RunRequest& request, RunInputs& inputs,
                                        const RunProblem& problem, const Interrupts& interrupts) {
  runtime::AdaptiveRunOptions options;
  options.concurrency = request.common.concurrency;
  options.requests_per_s = request.common.requests_per_s;
  options.count = request.count;
  options.seconds = request.seconds;
  options.warmup = request.common.warmup;
  options.next_input = [&inputs] { return inputs.next(); };
  if (request.common.tolerance) options.difference = torchscript::relative_difference;
  options.should_continue = [&interrupts] { return !interrupts.take(); };
  if (request.rehearse_s > 0) {
    Query query = problem.query;
    query.result_count = rehearsed_plans;
    options.rehearsed = search(problem.problem, query).plans;
    options.rehearse_every_s = request.rehearse_s;
  }
  return options;
}

int run_adaptively(const Arguments& arguments) {
  const RunRequest request = read_run_request(arguments);
  torchscript::keep_freed_memory();
  if (request.common.threads) torchscript::set_threads(*request.common.threads);
  const Interrupts interrupts;  // before there are threads
  const ModelSource source = find_model(arguments);
  RunInputs inputs(request, source);  // before any worker is asked: a missing file ends here
  const RunProblem found = find_problem(request, source, arguments);
  const std::string name = found.problem.systems.front().name;
  const torchscript::SplitModel model = open_model(source, split_options(arguments));
  const WorkFolder folder(std::filesystem::temp_directory_path());
  runtime::PlanDeploymentOptions deploying =
      run::deployment_options(request.common, found.problem.model, name);
  deploying.stall_timeout_s = request.common.stall_timeout_s;
  runtime::PlanDeployment deployed(std::move(deploying));
  run::require_names(deployed, request.common);
  const auto route = [&](const Plan& plan) { return layers_of_route(found.problem, plan); };

  runtime::AdaptiveCallbacks calls = runtime::worker_callbacks(
      found.problem, deployment_of(request, model, deployed, folder.path()));
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

void add_adaptive_run_options(cxxopts::Options& options) {
  add_run_options(options);
  add_workers_option(options);
  add_split_options(options);
  add_security_options(options);
}

}  // namespace

Tool adaptive_run_command() {
  return {.name = "scission-adapt run",
          .summary = "Runs a model, and switches to another plan when that is worthwhile.",
          .usage = "MODEL [INPUTS] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = std::string(model_help) + run_notes,
          .positional = {"model", "inputs"},
          .add_options = add_adaptive_run_options,
          .run = run_adaptively};
}

}  // namespace scission::apps
