#include "request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "command_line.hpp"
#include "interrupts.hpp"
#include "log.hpp"
#include "open_model.hpp"
#include "progress.hpp"
#include "scission/base.hpp"
#include "scission/codec.hpp"
#include "scission/prepare.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "scission/search/plan_io.hpp"
#include "tool.hpp"

namespace scission::run {
namespace {

// Processors and thread counts round differently; what is wrong differs by more.
constexpr double self_test_tolerance = 1e-3;

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

/// The plans of a file that are run, and the intervals of their latencies.
struct Chosen {
  std::vector<PlanTimeline> plans;
  std::vector<std::optional<Interval>> intervals;
};

Chosen chosen_plans(const StoredAnswer& all, const Request& request) {
  const std::size_t first = static_cast<std::size_t>(request.first_plan) - 1;
  if (first >= all.plans.size()) {
    throw apps::usage_error(
        fmt::format("{} holds {} plans", request.plans.string(), all.plans.size()), "--plan");
  }
  const std::size_t count =
      std::min(all.plans.size() - first, static_cast<std::size_t>(request.plan_count));
  Chosen chosen;
  for (std::size_t i = first; i < first + count; ++i) {
    chosen.plans.push_back(all.plans[i]);
    if (!request.codec.empty()) runtime::replace_codecs(request.codec, chosen.plans.back());
    chosen.intervals.push_back(all.latency_intervals[i]);
  }
  return chosen;
}

/// Leaves out the workers that no plan uses: whether they can be reached does not matter.
void leave_out_unused_workers(const std::vector<PlanTimeline>& plans, Request& request) {
  std::set<std::string> used;
  for (const PlanTimeline& plan : plans) {
    const std::vector<std::string> systems = plan.systems();
    used.insert(systems.begin(), systems.end());
  }
  const auto is_unused = [&](const auto& entry) { return used.count(entry.first) == 0; };
  std::erase_if(request.deployment.addresses, is_unused);
  std::erase_if(request.deployment.deploy_addresses, is_unused);
  std::erase_if(request.deployment.foreign, is_unused);
}

/// Of the machines that every plan needs, none can be lost.
void warn_of_uncovered(const std::vector<PlanTimeline>& plans) {
  const std::vector<std::string> needed = runtime::indispensable_systems(plans);
  if (needed.empty()) return;
  spdlog::warn(
      "every plan in use needs {}, so --failover cannot cover its loss: give plans without "
      "it, by a larger --result-count or --best",
      fmt::join(needed, " and "));
}

/// Built in, or a file of that name.
bool is_there(const std::string& model) {
  std::error_code ignored;
  if (std::filesystem::exists(model, ignored)) return true;
  const std::vector<ZooModel> zoo = select_zoo_models({"all"}, "--model");
  return std::any_of(zoo.begin(), zoo.end(),
                     [&](const ZooModel& one) { return one.name == model; });
}

ModelSource source_of(const std::string& model, const cxxopts::ParseResult& arguments,
                      const Request& request) {
  if (arguments.count("model") == 0 && !is_there(model)) {
    throw apps::usage_error(
        fmt::format("{} is of the model '{}', which is not built in; name its model file",
                    request.plans.string(), model),
        "--model");
  }
  ModelSource source =
      arguments.count("model") ? apps::find_model(arguments) : apps::find_model(model, arguments);
  if (source.name == model) return source;
  throw Error(ErrorCode::mismatch,
              fmt::format("is of the model {}, and --model names {}", model, source.name),
              request.plans.string());
}

/// Cuts the model as the plans say.
std::vector<runtime::RunnablePlan> write_plans(const OpenModel& model, const Chosen& chosen,
                                               const Request& request,
                                               const std::filesystem::path& folder) {
  std::vector<runtime::RunnablePlan> all;
  for (const PlanTimeline& plan : chosen.plans) {
    const int rank = request.first_plan + static_cast<int>(all.size());
    const std::string place = fmt::format("{}: plan {}", request.plans.string(), rank);
    all.push_back(runtime::write_runnable_plan(
        model, plan, place, folder / std::to_string(rank),
        [](const std::string& warning) { spdlog::warn("{}", warning); }));
    all.back().latency_interval = chosen.intervals[all.size() - 1];
  }
  return all;
}

/// The picture as the file that it came in, where a plan sends it so.
std::vector<CodedTensor> coded_inputs(const Request& request, const ModelSource& source,
                                      const std::vector<PlanTimeline>& plans,
                                      const std::vector<Tensor>& inputs) {
  const bool is_sent = std::any_of(plans.begin(), plans.end(), [](const PlanTimeline& plan) {
    const std::vector<std::string> codecs = runtime::codecs_of(plan);
    return !codecs.empty() && codecs.front() == "jpeg";
  });
  if (!is_sent || request.image.empty()) return {};
  return {encode_picture(request.image, source.preprocessing, inputs.at(0).shape)};
}

void log_request(int rank, const runtime::PipelineResult& result) {
  apps::log_event(
      spdlog::level::debug, result.is_answered ? "request answered" : "request failed",
      {{"request", result.id},
       {"plan", std::int64_t{rank}},
       {"failure", result.is_answered ? std::string() : runtime::describe(result.failure)},
       {"attempts", std::int64_t{result.attempts}},
       {"latency_s", result.latency_s}});
}

runtime::PlanRunOptions run_options(const Request& request, const ModelSource& source,
                                    const std::vector<PlanTimeline>& plans, Stop& stop,
                                    apps::PhaseProgress& progress) {
  runtime::PlanRunOptions options;
  options.inputs = request_inputs(source, request.image);
  options.coded_inputs = coded_inputs(request, source, plans, options.inputs);
  options.load = request.load;
  options.load.should_continue = [&stop] { return !stop.is_asked(); };
  options.first_rank = request.first_plan;
  options.turns = request.turns;
  options.fails_over = request.fails_over;
  if (request.tolerance || request.tests_itself) {
    options.tolerance = request.tolerance.value_or(self_test_tolerance);
    if (!request.tolerance) options.checked_answers = 1;
    options.difference =
        [expected = source.backend->run_model(source, options.inputs)](const auto& outputs) {
          return relative_difference(outputs, expected);
        };
  }
  options.on_progress = [&progress](int rank, int done, int total) {
    progress.update_steps(fmt::format("plan {}", rank), done, total);
  };
  if (spdlog::should_log(spdlog::level::debug)) options.on_result = log_request;
  options.on_return = [](const std::string& system) { spdlog::info("{} is back", system); };
  return options;
}

void print(const std::string& model, const Request& request,
           const std::vector<runtime::PlanRun>& runs) {
  std::cout << (request.as_json ? runtime::format_runs_json(model, runs)
                                : runtime::format_runs(runs, request.tolerance.has_value(),
                                                       apps::stdout_width()));
}

int exit_code_of(const std::vector<runtime::PlanRun>& runs) {
  const std::string fault = runtime::find_fault(runs);
  if (fault.empty()) return apps::exit_done;
  apps::print_failure("scission-run", fault);
  return apps::exit_failed;
}

/// How a miss is measured again, for a while that is bearable after each run.
runtime::GatherOptions explaining_options(const Request& request, const ModelSource& source,
                                          const cxxopts::ParseResult& arguments,
                                          const std::filesystem::path& folder) {
  runtime::GatherOptions options;
  options.model = source.file.empty() ? source.name : source.file.string();
  options.remote_model = {source.name, source.file, input_tensors(source), source.backend->name()};
  options.benchmark_options = apps::split_words(arguments);
  // A machine that waits for requests is slower than a busy one.
  const std::vector<std::string> measuring{"--max-time", "5", "--pause",
                                           fmt::format("{}", request.load.pause_s)};
  options.benchmark_options.insert(options.benchmark_options.end(), measuring.begin(),
                                   measuring.end());
  options.operators = apps::words_of(arguments, "operators");
  options.speed = request.speed;
  if (request.threads) options.threads = std::to_string(*request.threads);
  options.folder = folder;
  return options;
}

/// Only where a request never waits for another one, which no plan's latency contains.
void explain(std::vector<runtime::PlanRun>& runs, const runtime::PlanDeployment& deployment,
             const Request& request, runtime::GatherOptions options, Stop& stop) {
  if (!request.explains || request.load.concurrency > 1 || request.load.requests_per_s > 0) return;
  const auto missed = std::find_if(runs.begin(), runs.end(), runtime::deviates_from_plan);
  if (missed == runs.end() || stop.is_asked()) return;
  spdlog::info(
      "plan {} took {} instead of {}; its machines and links are measured again, with a pause of "
      "{} s as in the run; profiles of another --pause cannot be compared",
      missed->rank, format_duration(missed->summary.latency.median),
      format_duration(missed->plan.latency_s), request.load.pause_s);
  options.source = missed->plan.source;
  runtime::Clients workers = deployment.clients();
  std::erase_if(workers,
                [&](const auto& worker) { return request.deployment.foreign.count(worker.first); });
  runtime::attribute_errors(runs, workers, options, [&stop] { return !stop.is_asked(); });
}

/// The contents of the request's file. Throws Error(mismatch) for corrections of another model.
Corrections earlier_corrections(const Request& request, const std::string& model) {
  std::error_code ignored;
  if (request.learn.empty() || !std::filesystem::exists(request.learn, ignored)) return {model, {}};
  return merge_corrections(read_corrections(request.learn), {model, {}});
}

void learn(const Request& request, const Corrections& earlier, const Corrections& learned) {
  if (request.learn.empty()) return;
  if (learned.systems.empty()) {
    spdlog::warn("nothing was learned; {} is as it was", request.learn.string());
    return;
  }
  write_file_atomically(request.learn,
                        format_corrections_json(merge_corrections(earlier, learned)));
  spdlog::info("{}: {}", request.learn.string(), runtime::format_corrections(learned));
}

}  // namespace

std::shared_ptr<runtime::RunEventLog> open_events(const std::filesystem::path& file,
                                                  std::string model) {
  return std::make_shared<runtime::RunEventLog>(
      file, std::move(model), [](const std::string& why) { spdlog::warn("{}", why); });
}

int run_plans(Request request, const cxxopts::ParseResult& arguments,
              std::vector<runtime::PlanRun>* done) {
  read_connections(arguments, request);
  keep_freed_memory();
  if (request.threads) set_threads_of_backends(*request.threads);
  const StoredAnswer timelines = read_answer_json(request.plans);
  const ModelSource source = source_of(timelines.model, arguments, request);
  const Corrections earlier = earlier_corrections(request, timelines.model);
  const SplitOptions split = apps::split_options(arguments);
  const Chosen chosen = chosen_plans(timelines, request);
  validate_systems(chosen.plans, request);
  const std::set<std::string> others =
      runtime::systems_with_other_pause(timelines.pauses_s, chosen.plans, request.load);
  if (!request.learn.empty() && !others.empty()) {
    spdlog::warn("{}", runtime::format_pause_mismatch(timelines.pauses_s, others, request.load));
  }
  leave_out_unused_workers(chosen.plans, request);
  if (request.fails_over) warn_of_uncovered(chosen.plans);
  Stop stop;
  apps::PhaseProgress progress;
  runtime::PlanRunOptions options = run_options(request, source, chosen.plans, stop, progress);
  if (!request.events.empty()) options.events = open_events(request.events, timelines.model);
  const WorkFolder folder(std::filesystem::temp_directory_path());
  const std::vector<runtime::RunnablePlan> written =
      write_plans(*open_model(source, split), chosen, request, folder.path());
  runtime::PlanDeployment deployment(deployment_options(
      request, timelines.model, chosen.plans.front().source, &stop.interrupts()));
  require_names(deployment, request);
  std::vector<runtime::PlanRun> runs;
  try {
    runtime::run_plans(deployment, written, options, runs);
  } catch (const apps::Interrupted& interrupted) {
    stop.note(interrupted);  // while a plan was deployed
  }
  progress.finish();
  options.events.reset();  // the run has ended
  explain(runs, deployment, request, explaining_options(request, source, arguments, folder.path()),
          stop);
  if (!runs.empty() || request.as_json) print(timelines.model, request, runs);
  if (!request.log.empty()) write_file_atomically(request.log, runtime::format_requests_csv(runs));
  if (!request.trace.empty()) {
    write_file_atomically(request.trace, runtime::format_trace_json(runs));
  }
  learn(request, earlier,
        runtime::learn_corrections(timelines.model, runs, timelines.corrections, others));
  if (done != nullptr) done->insert(done->end(), runs.begin(), runs.end());
  if (!stop.is_asked()) return exit_code_of(runs);
  spdlog::warn(
      "interrupted: the answers until then are reported, and deployed segments are removed");
  return stop.exit_code();
}

}  // namespace scission::run
