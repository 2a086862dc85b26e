#include "session.hpp"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "base/run_program.hpp"
#include "command_line.hpp"
#include "deployed.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "prepare.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "tables.hpp"
#include "tool.hpp"
#include "verify.hpp"

namespace scission::run {
namespace {

/// Ctrl-C, once it has come.
class Stop {
 public:
  const apps::Interrupts& interrupts() const { return interrupts_; }

  bool is_asked() {
    if (!signal_) signal_ = interrupts_.take();
    return signal_.has_value();
  }
  void note(const apps::Interrupted& interrupted) { signal_ = interrupted.signal; }
  int exit_code() const { return apps::Interrupted{signal_.value_or(0)}.exit_code(); }

 private:
  const apps::Interrupts interrupts_;
  std::optional<int> signal_;
};

/// Everything that all plans of a run have in common.
struct Setting {
  Request request;
  std::string model;
  std::vector<PlanTimeline> plans;
  std::vector<Tensor> inputs;
  std::vector<Tensor> expected;  ///< only with --verify
};

std::vector<PlanTimeline> chosen_plans(const StoredAnswer& all, const Request& request) {
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
  apps::ModelSource source =
      arguments.count("model") ? apps::find_model(arguments) : apps::find_model(model, arguments);
  if (source.name == model) return source;
  throw Error(ErrorCode::mismatch,
              fmt::format("is of the model {}, and --model names {}", model, source.name),
              request.plans.string());
}

/// The plans of a run on their workers.
struct Deployed {
  runtime::PlanDeployment deployment;
  std::vector<std::vector<runtime::StageAssignment>> plans;

  std::shared_ptr<runtime::Pipeline> pipeline(std::size_t plan) {
    return deployment.pipeline(plans[plan]);
  }
};

runtime::LoadOptions load_options(const Setting& setting, int count, PlanRun& run,
                                  apps::Progress& progress, Stop& stop) {
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
  options.should_continue = [&stop] { return !stop.is_asked(); };
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

using Done = std::function<void(runtime::PipelineResult)>;
using Send = std::function<void(std::vector<Tensor>, Done)>;

/// Sends `count` requests and adds their results to the report.
void drive_plan(const Setting& setting, const Send& send, int count, PlanRun& run,
                runtime::LoadReport& report, Stop& stop) {
  apps::Progress progress(fmt::format("plan {}", run.rank));
  runtime::append(report,
                  runtime::run_load([&](Done done) { send(setting.inputs, std::move(done)); },
                                    load_options(setting, count, run, progress, stop)));
  progress.finish();
}

/// Adds the run to the others, but for one that was stopped before it had any answer.
void conclude(PlanRun run, const runtime::LoadReport& report, Stop& stop,
              std::vector<PlanRun>& runs) {
  run.summary = runtime::summarise(report);
  if (run.summary.answered > 0) {
    runs.push_back(std::move(run));
    return;
  }
  if (stop.is_asked()) return;
  throw Error(ErrorCode::io, "no request was answered: " + first_failure(report),
              fmt::format("plan {}", run.rank));
}

Send send_to(const std::shared_ptr<runtime::Pipeline>& pipeline) {
  return [pipeline](std::vector<Tensor> inputs, Done done) {
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

void run_one_by_one(const Setting& setting, Deployed& deployed, Stop& stop,
                    std::vector<PlanRun>& runs) {
  for (std::size_t i = 0; i < setting.plans.size() && !stop.is_asked(); ++i) {
    PlanRun run = make_run(setting, i);
    runtime::LoadReport report;
    drive_plan(setting, send_to(deployed.pipeline(i)), setting.request.requests, run, report, stop);
    conclude(std::move(run), report, stop, runs);
  }
}

/// All plans are there at once, and what slows the machines down for a while slows all of them.
void run_in_turns(const Setting& setting, Deployed& deployed, Stop& stop,
                  std::vector<PlanRun>& runs) {
  std::vector<PlanRun> all;
  std::vector<Send> sends;
  std::vector<runtime::LoadReport> reports(setting.plans.size());
  for (std::size_t i = 0; i < setting.plans.size(); ++i) {
    all.push_back(make_run(setting, i));
    sends.push_back(send_to(deployed.pipeline(i)));
  }
  for (int turn = 0; turn < setting.request.turns; ++turn) {
    const int count = share_of(setting.request, turn);
    for (std::size_t i = 0; count > 0 && i < all.size() && !stop.is_asked(); ++i) {
      drive_plan(setting, sends[i], count, all[i], reports[i], stop);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) conclude(std::move(all[i]), reports[i], stop, runs);
}

void run_with_failover(const Setting& setting, Deployed& deployed, Stop& stop,
                       std::vector<PlanRun>& runs) {
  std::vector<std::shared_ptr<runtime::Pipeline>> pipelines;
  for (std::size_t i = 0; i < setting.plans.size(); ++i) pipelines.push_back(deployed.pipeline(i));
  runtime::Failover failover(std::move(pipelines));
  const runtime::ReturnWatch watch(
      failover, [&](const std::string& system) { return deployed.deployment.is_back(system); },
      [](const std::string& system) { spdlog::info("{} is back", system); });
  PlanRun run = make_run(setting, 0);
  runtime::LoadReport report;
  drive_plan(
      setting,
      [&](std::vector<Tensor> inputs, Done done) {
        failover.send(std::move(inputs), std::move(done));
      },
      setting.request.requests, run, report, stop);
  run.switches = failover.switches();
  conclude(std::move(run), report, stop, runs);
}

std::vector<PlanRun> run_all(const Setting& setting, Deployed& deployed, Stop& stop) {
  std::vector<PlanRun> runs;
  try {
    if (setting.request.fails_over) {
      run_with_failover(setting, deployed, stop, runs);
    } else if (setting.request.turns > 1) {
      run_in_turns(setting, deployed, stop, runs);
    } else {
      run_one_by_one(setting, deployed, stop, runs);
    }
  } catch (const apps::Interrupted& interrupted) {
    stop.note(interrupted);  // while a plan was deployed
  }
  return runs;
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

Setting make_setting(Request request, const StoredAnswer& timelines,
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
  const StoredAnswer timelines = read_answer_json(request.plans);
  const apps::ModelSource source = source_of(timelines.model, arguments, request);
  const torchscript::SplitOptions split = apps::split_options(arguments);
  const Setting setting = make_setting(std::move(request), timelines, source);
  Stop stop;
  const WorkFolder folder(std::filesystem::temp_directory_path());
  std::vector<std::vector<runtime::StageAssignment>> assignments =
      write_plans(apps::open_model(source, split), setting.plans, setting.request, folder.path());
  Deployed deployed{
      runtime::PlanDeployment(deployment_options(setting.request, setting.model,
                                                 setting.plans.front().source, &stop.interrupts())),
      std::move(assignments)};
  warn_of_other_names(deployed.deployment, setting.request);
  const std::vector<PlanRun> runs = run_all(setting, deployed, stop);
  if (!runs.empty()) print(setting, runs);
  if (!stop.is_asked()) return exit_code_of(runs);
  spdlog::warn(
      "interrupted: the answers until then are reported, and deployed segments are removed");
  return stop.exit_code();
}

}  // namespace scission::run
