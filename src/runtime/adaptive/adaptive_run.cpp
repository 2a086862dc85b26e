// Runs requests through an adaptive pipeline and records their times.
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "base/numbers.hpp"
#include "base/seconds.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int max_in_flight = 64;  // at a rate

/// Switches between the rehearsed plans, at a fixed interval.
class Rehearsal {
 public:
  Rehearsal(const AdaptiveRunOptions& run, double now_s)
      : run_(run), next_s_(now_s + run.rehearse_every_s) {}

  void step(AdaptivePipeline& pipeline, double now_s) {
    const std::vector<Plan>& plans = run_.rehearsed;
    if (plans.size() < 2 || now_s < next_s_) return;
    pipeline.switch_to(plans[++turn_ % plans.size()]);
    next_s_ = now_s + run_.rehearse_every_s;
  }

 private:
  const AdaptiveRunOptions& run_;
  double next_s_;
  std::size_t turn_ = 0;
};

/// Sends the requests of one run. Outputs are examined between requests.
class RequestLoop {
 public:
  RequestLoop(AdaptivePipeline& pipeline, const AdaptiveRunOptions& run, Clock::time_point begin)
      : pipeline_(pipeline), run_(run), begin_(begin), rehearsal_(run, now_s()) {}

  ~RequestLoop() { wait_for_less_than(1); }
  RequestLoop(const RequestLoop&) = delete;
  RequestLoop& operator=(const RequestLoop&) = delete;

  const std::vector<LimitWaits>& limit_waits() const { return limit_waits_; }

  std::vector<AdaptiveRecord> run() {
    double first_s = now_s();
    while (continues(first_s)) {
      const std::shared_ptr<const RequestInput> input = run_.next_input();
      if (!input) break;
      if (records_.empty()) first_s = now_s();  // no request waited for the first input
      double due_s = now_s();
      if (run_.requests_per_s > 0) {
        due_s = first_s + static_cast<double>(records_.size()) / run_.requests_per_s;
        sleep_until(due_s, first_s);
        if (!continues(first_s)) break;
      }
      send(input, due_s);
      wait_for_less_than(run_.requests_per_s > 0 ? max_in_flight : run_.concurrency);
      examine_answers();
      rehearsal_.step(pipeline_, now_s());
    }
    wait_for_less_than(1);
    examine_answers();
    return {std::make_move_iterator(records_.begin()), std::make_move_iterator(records_.end())};
  }

 private:
  struct Answer {
    std::size_t number = 0;
    std::shared_ptr<const RequestInput> input;
    std::vector<Tensor> outputs;
  };

  double now_s() const { return seconds_since(begin_); }

  bool continues(double first_s) {
    is_stopped_ = is_stopped_ || (run_.should_continue && !run_.should_continue());
    if (is_stopped_) return false;
    if (run_.count && records_.size() >= static_cast<std::size_t>(*run_.count)) return false;
    return !run_.seconds || now_s() < first_s + *run_.seconds;
  }

  /// Returns early when the run ends.
  void sleep_until(double due_s, double first_s) {
    constexpr double max_sleep_s = 0.1;
    for (double left_s = due_s - now_s(); left_s > 0 && continues(first_s);
         left_s = due_s - now_s()) {
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left_s, max_sleep_s)));
    }
  }

  void send(const std::shared_ptr<const RequestInput>& input, double due_s) {
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = records_.size();
      AdaptiveRecord& record = records_.emplace_back();
      record.input = input->name;
      record.sent_s = due_s;
      ++in_flight_;
    }
    const int request = run_.events ? run_.events->sent() : 0;
    pipeline_.send(input->tensors, [this, number, input, request](AdaptiveResult result) {
      if (run_.events) run_.events->answered(request, result.plan + 1, result.result);
      keep(number, input, std::move(result));
    });
  }

  // Notifies under the lock: after the last answer, the destructor may continue at once.
  void keep(std::size_t number, const std::shared_ptr<const RequestInput>& input,
            AdaptiveResult answer) {
    const double answered_s = now_s();
    const std::lock_guard lock(mutex_);
    AdaptiveRecord& record = records_[number];
    record.latency_s = answered_s - record.sent_s;
    record.waited_s = answer.waited_s;
    record.plan = answer.plan;
    record.attempts = answer.result.attempts;
    record.is_answered = answer.result.is_answered;
    record.failure = describe(answer.result.failure);
    add_limit_waits(answer.result, limit_waits_);
    if (record.is_answered) answers_.push_back({number, input, std::move(answer.result.outputs)});
    --in_flight_;
    changed_.notify_all();
  }

  void examine_answers() {
    std::vector<Answer> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(answers_);
    }
    for (const Answer& answer : answers) {
      const long largest = index_of_largest(answer.outputs);
      const double difference =
          run_.difference ? run_.difference(answer.outputs, answer.input->expected) : 0;
      const std::lock_guard lock(mutex_);
      records_[answer.number].largest = largest;
      records_[answer.number].difference = difference;
    }
  }

  void wait_for_less_than(int limit) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_flight_ < limit; });
  }

  AdaptivePipeline& pipeline_;
  const AdaptiveRunOptions& run_;
  const Clock::time_point begin_;
  Rehearsal rehearsal_;
  bool is_stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  int in_flight_ = 0;
  std::deque<AdaptiveRecord> records_;
  std::vector<Answer> answers_;
  std::vector<LimitWaits> limit_waits_;
};

void warm_up(AdaptivePipeline& pipeline, const std::vector<Tensor>& sample, int count) {
  for (int i = 0; i < count; ++i) pipeline.send(sample).wait();
}

/// Of the whole model on a system.
double compute_s(const PartitionProblem& problem, int system) {
  const std::vector<double>& blocks = problem.block_s[static_cast<std::size_t>(system)];
  return std::accumulate(blocks.begin(), blocks.end(), 0.0);
}

/// The controller's estimates of every machine and of every given link.
void log_estimates(const PartitionProblem& problem, const Query& query,
                   const Controller& controller, double now_s, RunEventLog& events) {
  const PartitionProblem estimated = controller.estimated(now_s);
  std::vector<ResourceEstimate> estimates;
  for (int from = 0; from < problem.system_count(); ++from) {
    const std::string& system = problem.systems[static_cast<std::size_t>(from)].name;
    const SlowdownEstimate own = controller.system_estimate(from, now_s);
    // A system that is lost has no links, and is a million times slower.
    const bool is_lost = compute_s(estimated, from) > 1e5 * compute_s(problem, from);
    estimates.push_back({system, "", own.variable_factor, own.variable_stddev, is_lost});
    for (int to = 0; to < problem.system_count(); ++to) {
      if (!problem.link(from, to)) continue;
      const SlowdownEstimate link = controller.link_estimate(from, to, now_s);
      const std::optional<Link>& current = estimated.link(from, to);
      ResourceEstimate& estimate = estimates.emplace_back(
          ResourceEstimate{system, problem.systems[static_cast<std::size_t>(to)].name,
                           link.variable_factor, link.variable_stddev, !current});
      if (current && current->curve.empty()) estimate.megabits_per_s = current->megabits_per_s;
    }
  }
  double expected_s = infinity;
  try {
    expected_s = plan_cost(estimated, controller.running(), query.input_bytes).latency_s;
  } catch (const Error&) {  // the plan needs what is lost
  }
  events.estimates(estimates, expected_s);
}

void log_start(const PartitionProblem& problem, RunEventLog& events) {
  std::vector<std::string> systems;
  std::vector<NetworkRow> links;
  for (const System& from : problem.systems) {
    systems.push_back(from.name);
    for (const System& to : problem.systems) {
      const std::optional<Link>& link = problem.link(from.name, to.name);
      if (link) links.push_back({from.name, to.name, *link});
    }
  }
  events.start(systems, links);
}

/// The callbacks, which log switches and estimates as well.
AdaptiveCallbacks logged(AdaptiveCallbacks calls, const PartitionProblem& problem,
                         const Query& query, RunEventLog& events) {
  calls.on_switch = [&, on_switch = std::move(calls.on_switch)](const PlanSwitch& change,
                                                                const Plan& to) {
    events.plan(change.to + 1, timeline_of(problem, to, query.input_bytes), format_reason(change));
    if (on_switch) on_switch(change, to);
  };
  calls.on_decision = [&, on_decision = std::move(calls.on_decision)](
                          double now_s, const Controller& controller) {
    log_estimates(problem, query, controller, now_s, events);
    if (on_decision) on_decision(now_s, controller);
  };
  return calls;
}

}  // namespace

AdaptiveReport run_adaptive(const PartitionProblem& problem, const Query& query,
                            AdaptiveCallbacks callbacks, const AdaptiveOptions& options,
                            const AdaptiveRunOptions& run) {
  const Clock::time_point begin = Clock::now();
  if (run.events) {
    log_start(problem, *run.events);
    callbacks = logged(std::move(callbacks), problem, query, *run.events);
  }
  AdaptivePipeline pipeline(problem, query, std::move(callbacks), options);
  const Plan first = pipeline.plans().front();
  if (run.events) run.events->plan(1, timeline_of(problem, first, query.input_bytes), "first");
  if (run.on_start) run.on_start(first);
  warm_up(pipeline, options.sample, run.warmup);
  AdaptiveReport report;
  report.model = problem.model;
  {
    RequestLoop requests(pipeline, run, begin);
    report.records = requests.run();
    report.limit_waits = requests.limit_waits();
  }
  const std::vector<Plan> plans = pipeline.plans();
  report.source = problem.systems[static_cast<std::size_t>(plans.front().source)].name;
  for (const Plan& plan : plans) {
    report.plans.push_back(layers_of_route(problem, plan));
    report.error_bound =
        std::max(report.error_bound, plan_cost(problem, plan, query.input_bytes).error);
  }
  report.switches = pipeline.switches();
  report.monitoring = pipeline.monitoring_cost();
  return report;
}

long index_of_largest(const std::vector<Tensor>& outputs) {
  if (outputs.empty() || outputs.front().dtype != "float32") return -1;
  const SharedBytes& bytes = outputs.front().bytes;
  long best = -1;
  float largest = 0;
  for (std::size_t at = 0; at + sizeof(float) <= bytes.size; at += sizeof(float)) {
    float number = 0;
    std::memcpy(&number, static_cast<const char*>(bytes.data) + at, sizeof(float));
    if (best >= 0 && !(number > largest)) continue;
    largest = number;
    best = static_cast<long>(at / sizeof(float));
  }
  return best;
}

}  // namespace scission::runtime
