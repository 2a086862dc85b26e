#include "adapt/run/session.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <iostream>
#include <utility>
#include <vector>

#include "adapt/run/drive.hpp"
#include "adapt/run/plan_host.hpp"
#include "adapt/run/question.hpp"
#include "adapt/run/report.hpp"
#include "base/file.hpp"
#include "open_model.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/execute/execute.hpp"

namespace scission::adaptive_run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int rehearsed_plans = 3;  // two are in memory, so that each is deployed anew

/// Goes from one of the best plans to the next, every so often from the first request on.
class Rehearsal {
 public:
  Rehearsal(const Question& question, double every_s, double now_s)
      : every_s_(every_s), next_s_(now_s + every_s) {
    Query query = question.query;
    query.result_count = rehearsed_plans;
    if (every_s_ > 0) plans_ = search(question.problem, query).plans;
  }

  void act(runtime::AdaptivePipeline& pipeline, double now_s) {
    if (plans_.size() < 2 || now_s < next_s_) return;
    pipeline.switch_to(plans_[++turn_ % plans_.size()]);
    next_s_ = now_s + every_s_;
  }

 private:
  double every_s_;
  double next_s_;
  std::vector<Plan> plans_;
  std::size_t turn_ = 0;
};

runtime::AdaptiveCallbacks callbacks_of(PlanHost& host, const RunRequest& request) {
  runtime::AdaptiveCallbacks calls = host.callbacks();
  calls.on_switch = [&](const runtime::PlanSwitch& change, const Plan& to) {
    if (request.rehearse_s == 0) spdlog::info("{}", switch_line(change, host.text_of(to)));
  };
  calls.on_deploy_failed = [&](const Plan& plan, const std::string& why) {
    spdlog::warn("{} could not be deployed: {}", host.text_of(plan), why);
  };
  return calls;
}

void warm_up(runtime::AdaptivePipeline& pipeline, const std::vector<Tensor>& sample, int count) {
  for (int i = 0; i < count; ++i) {
    const auto answered = std::make_shared<std::promise<void>>();  // outlives this turn's end
    pipeline.send(sample, [answered](const runtime::AdaptiveResult&) { answered->set_value(); });
    answered->get_future().wait();
  }
}

Outcome send_all(const RunRequest& request, InputStream& inputs, const Question& question,
                 PlanHost& host, const apps::Interrupts& interrupts) {
  runtime::AdaptiveOptions options = request.adaptive;
  options.sample = inputs.sample();
  const auto begin = Clock::now();
  runtime::AdaptivePipeline pipeline(question.problem, question.query, callbacks_of(host, request),
                                     options);
  spdlog::info("plan 1, {}", host.text_of(pipeline.plans().front()));
  const auto since_s = [begin] {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  warm_up(pipeline, options.sample, request.common.warmup);
  Rehearsal rehearsal(question, request.rehearse_s, since_s());
  Outcome outcome;
  outcome.records = drive(pipeline, inputs, request, interrupts, since_s,
                          [&] { rehearsal.act(pipeline, since_s()); });
  for (const Plan& plan : pipeline.plans()) outcome.plans.push_back(host.text_of(plan));
  outcome.switches = pipeline.switches();
  outcome.watching = pipeline.monitoring_cost();
  return outcome;
}

void print(const RunRequest& request, const Outcome& outcome) {
  if (!request.log.empty()) write_file_atomically(request.log, log_csv(outcome));
  std::cout << (request.common.as_json ? report_json(outcome) : report_text(outcome));
}

}  // namespace

int run_adaptively(const RunRequest& request, const cxxopts::ParseResult& arguments) {
  torchscript::keep_freed_memory();
  if (request.common.threads) torchscript::set_threads(*request.common.threads);
  const apps::Interrupts interrupts;  // before there are threads
  const apps::ModelSource source = apps::find_model(arguments);
  InputStream inputs(request, source);  // what is missing here is told before anybody is asked
  const Question question = find_question(request, source, arguments);
  const std::string name = question.problem.systems.front().name;
  PlanHost host(question.problem, request, apps::open_model(source, apps::split_options(arguments)),
                name);
  Outcome outcome = send_all(request, inputs, question, host, interrupts);
  outcome.model = source.name;
  outcome.source = name;
  outcome.is_verified = request.common.tolerance.has_value();
  outcome.tolerance = request.common.tolerance.value_or(0);
  print(request, outcome);
  return exit_code_of(outcome);
}

}  // namespace scission::adaptive_run
