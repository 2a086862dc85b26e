#include "session.hpp"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "command_line.hpp"
#include "deployed.hpp"
#include "open_model.hpp"
#include "prepare.hpp"
#include "progress.hpp"
#include "return_watch.hpp"
#include "run_program.hpp"
#include "scission/error.hpp"
#include "scission/runtime/load.hpp"
#include "scission/torchscript/backend.hpp"
#include "scission/torchscript/stage_model.hpp"
#include "scission/torchscript/zoo.hpp"
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

std::vector<PlanTimeline> chosen_plans(const PlanTimelines& all, const Request& request) {
  const std::size_t first = static_cast<std::size_t>(request.first_plan) - 1;
  if (first >= all.plans.size()) {
    throw apps::usage_error(
        fmt::format("{} holds {} plans", request.plans.string(), all.plans.size()), "--plan");
  }
  const std::size_t count =
      std::min(all.plans.size() - first, static_cast<std::size_t>(request.plan_count));
  const auto begin = all.plans.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

/// Built in, or a file of that name.
bool is_there(const std::string& model) {
  std::error_code ignored;
  if (std::filesystem::exists(model, ignored)) return true;
  const auto& zoo = torchscript::zoo_models();
  return std::any_of(zoo.begin(), zoo.end(),
                     [&](const torchscript::ZooModel& one) { return one.name == model; });
}

apps::ModelSource source_of(const std::string& model, const cxxopts::ParseResult& arguments,
                            const Request& request) {
  if (arguments.count("model") == 0 && !is_there(model)) {
    throw apps::usage_error(
        fmt::format("{} is of the model '{}', which is not built in; name its TorchScript file",
                    request.plans.string(), model),
        "--model");
  }
  const apps::ModelSource source =
      arguments.count("model") ? apps::find_model(arguments) : apps::find_model(model, arguments);
  if (source.name == model) return source;
  throw Error(ErrorCode::mismatch,
              fmt::format("is of the model {}, and --model names {}", model, source.name),
              request.plans.string());
}

runtime::LoadOptions load_options(const Setting& setting, int count, PlanRun& run,
                                  apps::Progress& progress) {
  using Clock = std::chrono::steady_clock;
  runtime::LoadOptions options;
  options.count = count;
  options.warmup = setting.request.warmup;
  options.concurrency = setting.request.concurrency;
  options.rate = setting.request.rate;
  if (setting.request.tolerance) {
    options.on_result = [&](const runtime::PipelineResult& result) {
      if (!result.is_answered) return;
      const double off = difference(result.outputs, setting.expected);
      run.difference = std::max(run.difference, off);
      if (off > *setting.request.tolerance) ++run.wrong;
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

/// Sends so many requests and adds what came of them to the report.
void drive_plan(const Setting& setting, const Send& send, int count, PlanRun& run,
                runtime::LoadReport& report) {
  apps::Progress progress(fmt::format("plan {}", run.rank));
  runtime::append(report, runtime::drive(
                              [&](std::function<void(runtime::PipelineResult)> done) {
                                send(setting.inputs, std::move(done));
                              },
                              load_options(setting, count, run, progress)));
  progress.finish();
}

void conclude(PlanRun& run, const runtime::LoadReport& report) {
  run.summary = runtime::summarise(report);
  if (run.summary.answered > 0) return;
  throw Error(ErrorCode::io, "no request was answered: " + first_failure(report),
              fmt::format("plan {}", run.rank));
}

Send send_to(const std::shared_ptr<runtime::Pipeline>& pipeline) {
  return [pipeline](std::vector<Tensor> inputs, auto done) {
    pipeline->send(std::move(inputs), std::move(done));
  };
}

PlanRun make_run(const Setting& setting, std::size_t plan) {
  PlanRun run;
  run.rank = setting.request.first_plan + static_cast<int>(plan);
  run.plan = setting.plans[plan];
  return run;
}

/// How many of the requests go into one of the turns: the same number, but for the first ones.
int share_of(const Request& request, int turn) {
  return request.requests / request.turns + (turn < request.requests % request.turns ? 1 : 0);
}

std::vector<PlanRun> run_one_by_one(const Setting& setting, Deployed& deployed) {
  std::vector<PlanRun> runs;
  for (std::size_t i = 0; i < setting.plans.size(); ++i) {
    runs.push_back(make_run(setting, i));
    runtime::LoadReport report;
    drive_plan(setting, send_to(deployed.pipeline(i)), setting.request.requests, runs[i], report);
    conclude(runs[i], report);
  }
  return runs;
}

/// All plans are there at once, and what slows the machines down for a while slows all of them.
std::vector<PlanRun> run_in_turns(const Setting& setting, Deployed& deployed) {
  std::vector<PlanRun> runs;
  std::vector<Send> sends;
  std::vector<runtime::LoadReport> reports(setting.plans.size());
  for (std::size_t i = 0; i < setting.plans.size(); ++i) {
    runs.push_back(make_run(setting, i));
    sends.push_back(send_to(deployed.pipeline(i)));
  }
  for (int turn = 0; turn < setting.request.turns; ++turn) {
    const int count = share_of(setting.request, turn);
    for (std::size_t i = 0; count > 0 && i < runs.size(); ++i) {
      drive_plan(setting, sends[i], count, runs[i], reports[i]);
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) conclude(runs[i], reports[i]);
  return runs;
}

std::vector<PlanRun> run_with_failover(const Setting& setting, Deployed& deployed) {
  std::vector<std::shared_ptr<runtime::Pipeline>> pipelines;
  for (std::size_t i = 0; i < setting.plans.size(); ++i) pipelines.push_back(deployed.pipeline(i));
  runtime::Failover failover(std::move(pipelines));
  const ReturnWatch watch(failover,
                          [&](const std::string& system) { return deployed.is_back(system); });
  PlanRun run = make_run(setting, 0);
  runtime::LoadReport report;
  drive_plan(
      setting,
      [&](std::vector<Tensor> inputs, auto done) {
        failover.send(std::move(inputs), std::move(done));
      },
      setting.request.requests, run, report);
  conclude(run, report);
  run.switches = failover.switches();
  return {run};
}

std::vector<PlanRun> run_all(const Setting& setting, Deployed& deployed) {
  if (setting.request.fails_over) return run_with_failover(setting, deployed);
  if (setting.request.turns > 1) return run_in_turns(setting, deployed);
  return run_one_by_one(setting, deployed);
}

std::string verified_text(const std::vector<PlanRun>& runs) {
  double largest = 0;
  for (const PlanRun& run : runs) largest = std::max(largest, run.difference);
  if (largest == 0) return "every answer is the whole model's, bit for bit\n";
  return fmt::format(
      "every answer is the whole model's but for rounding: {:.2g} of its largest number at most\n",
      largest);
}

void print(const Setting& setting, const std::vector<PlanRun>& runs) {
  if (setting.request.as_json) {
    std::cout << runs_json(setting.model, runs);
    return;
  }
  for (const PlanRun& run : runs) std::cout << hops_text(run) << "\n";
  if (runs.size() > 1) std::cout << ranking_text(runs);
  if (setting.request.tolerance && exit_code_of(runs) == apps::exit_done) {
    std::cout << verified_text(runs);
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
  if (request.tolerance) setting.expected = whole_outputs(source, inputs);
  setting.request = std::move(request);
  return setting;
}

}  // namespace

int run_plans(Request request, const cxxopts::ParseResult& arguments) {
  read_connections(arguments, request);
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
  const std::vector<PlanRun> runs = run_all(setting, deployed);
  print(setting, runs);
  return exit_code_of(runs);
}

}  // namespace scission::run
