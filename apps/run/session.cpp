#include "session.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <set>

#include "at.hpp"
#include "deployed.hpp"
#include "open_model.hpp"
#include "prepare.hpp"
#include "progress.hpp"
#include "run_program.hpp"
#include "scission/error.hpp"
#include "scission/runtime/load.hpp"
#include "scission/torchscript/backend.hpp"
#include "scission/torchscript/stage_model.hpp"
#include "security_options.hpp"
#include "tables.hpp"
#include "tool.hpp"
#include "verify.hpp"

namespace scission::run {
namespace {

/// Everything that all plans of a run have in common.
struct Setting {
  Request request;
  std::string model;
  std::vector<PlanTimeline> plans;
  std::vector<Tensor> inputs;
  std::vector<Tensor> expected;  ///< only with --verify
};

Error usage_error(const std::string& message, const std::string& option) {
  return {ErrorCode::invalid_argument, message, option};
}

std::vector<PlanTimeline> chosen_plans(const PlanTimelines& all, const Request& request) {
  const std::size_t first = static_cast<std::size_t>(request.first_plan) - 1;
  if (first >= all.plans.size()) {
    throw usage_error(fmt::format("{} holds {} plans", request.plans.string(), all.plans.size()),
                      "--plan");
  }
  const std::size_t count =
      std::min(all.plans.size() - first, static_cast<std::size_t>(request.plan_count));
  const auto begin = all.plans.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

apps::ModelSource source_of(const std::string& model, const cxxopts::ParseResult& arguments,
                            const Request& request) {
  const apps::ModelSource source =
      arguments.count("model") ? apps::find_model(arguments) : apps::find_model(model, arguments);
  if (source.name == model) return source;
  throw Error(ErrorCode::mismatch,
              fmt::format("is of the model {}, and --model names {}", model, source.name),
              request.plans.string());
}

runtime::LoadOptions load_options(const Setting& setting, PlanRun& run, apps::Progress& progress) {
  using Clock = std::chrono::steady_clock;
  runtime::LoadOptions options;
  options.count = setting.request.requests;
  options.warmup = setting.request.warmup;
  options.concurrency = setting.request.concurrency;
  options.rate = setting.request.rate;
  if (setting.request.verifies) {
    options.on_result = [&](const runtime::PipelineResult& result) {
      if (result.is_answered && !bit_equal(result.outputs, setting.expected)) ++run.wrong;
    };
  }
  options.on_progress = [&progress, start = Clock::now()](int done, int total) {
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
    progress.update(static_cast<double>(done) / total, elapsed_s * (total - done) / done);
  };
  return options;
}

/// The first failure, for people.
std::string first_failure(const runtime::LoadReport& report) {
  for (const runtime::PipelineResult& result : report.results) {
    if (result.is_answered) continue;
    const std::string& system = result.failure.system;
    return system.empty() ? result.failure.message : system + ": " + result.failure.message;
  }
  return "";
}

using Send = std::function<void(std::vector<Tensor>, std::function<void(runtime::PipelineResult)>)>;

void drive_plan(const Setting& setting, const Send& send, PlanRun& run) {
  apps::Progress progress(fmt::format("plan {}", run.rank));
  const runtime::LoadReport report = runtime::drive(
      [&](std::function<void(runtime::PipelineResult)> done) {
        send(setting.inputs, std::move(done));
      },
      load_options(setting, run, progress));
  progress.finish();
  run.summary = runtime::summarise(report);
  if (run.summary.answered == 0) {
    throw Error(ErrorCode::io, "no request was answered: " + first_failure(report),
                fmt::format("plan {}", run.rank));
  }
}

std::vector<PlanRun> run_one_by_one(const Setting& setting, Deployed& deployed) {
  std::vector<PlanRun> runs;
  for (std::size_t i = 0; i < setting.plans.size(); ++i) {
    PlanRun run{setting.request.first_plan + static_cast<int>(i), setting.plans[i], {}, 0, {}};
    const std::shared_ptr<runtime::Pipeline> pipeline = deployed.pipeline(i);
    drive_plan(
        setting,
        [&](std::vector<Tensor> inputs, auto done) {
          pipeline->send(std::move(inputs), std::move(done));
        },
        run);
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<PlanRun> run_with_failover(const Setting& setting, Deployed& deployed) {
  std::vector<std::shared_ptr<runtime::Pipeline>> pipelines;
  for (std::size_t i = 0; i < setting.plans.size(); ++i) pipelines.push_back(deployed.pipeline(i));
  runtime::Failover failover(std::move(pipelines));
  PlanRun run{setting.request.first_plan, setting.plans.front(), {}, 0, {}};
  drive_plan(
      setting,
      [&](std::vector<Tensor> inputs, auto done) {
        failover.send(std::move(inputs), std::move(done));
      },
      run);
  run.switches = failover.switches();
  return {run};
}

void print(const Setting& setting, const std::vector<PlanRun>& runs) {
  if (setting.request.as_json) {
    std::cout << runs_json(setting.model, runs);
    return;
  }
  for (const PlanRun& run : runs) std::cout << hops_text(run) << "\n";
  if (runs.size() > 1) std::cout << ranking_text(runs);
  if (setting.request.verifies && exit_code_of(runs) == apps::exit_done) {
    std::cout << "every answer is the whole model's, bit for bit\n";
  }
}

Setting make_setting(Request request, const PlanTimelines& timelines,
                     const apps::ModelSource& source) {
  Setting setting;
  setting.model = timelines.model;
  setting.plans = chosen_plans(timelines, request);
  check_systems(setting.plans, request);
  const std::vector<at::Tensor> inputs = request_inputs(source, request.image);
  setting.inputs = to_tensors(inputs);
  if (request.verifies) setting.expected = whole_outputs(source, inputs);
  setting.request = std::move(request);
  return setting;
}

}  // namespace

int run_plans(Request request, const cxxopts::ParseResult& arguments) {
  request.addresses = apps::addresses_of(arguments);
  request.deploy_addresses = request.addresses;
  if (arguments.count("deploy-at")) {
    for (const auto& [system, address] : apps::parse_addresses(
             arguments["deploy-at"].as<std::vector<std::string>>(), "--deploy-at")) {
      request.deploy_addresses[system] = address;
    }
  }
  request.security = apps::security_of(arguments, apps::NetworkRole::client);
  torchscript::keep_freed_memory();
  if (request.threads) torchscript::set_threads(*request.threads);
  const PlanTimelines timelines = read_plan_timelines(request.plans);
  const apps::ModelSource source = source_of(timelines.model, arguments, request);
  const torchscript::SplitOptions split = apps::split_options(arguments);
  const Setting setting = make_setting(std::move(request), timelines, source);
  const WorkFolder folder(std::filesystem::temp_directory_path());
  Deployed deployed(
      setting.request, setting.model, setting.plans.front().source,
      write_plans(apps::open_model(source, split), setting.plans, setting.request, folder.path()));
  const std::vector<PlanRun> runs = setting.request.fails_over
                                        ? run_with_failover(setting, deployed)
                                        : run_one_by_one(setting, deployed);
  print(setting, runs);
  return exit_code_of(runs);
}

}  // namespace scission::run
