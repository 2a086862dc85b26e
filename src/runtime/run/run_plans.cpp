#include "scission/runtime/run/run_plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/pipeline/continuation.hpp"
#include "scission/base.hpp"
#include "scission/codec.hpp"
#include "scission/model.hpp"
#include "scission/prepare.hpp"

namespace scission::runtime {
namespace {

using Done = std::function<void(PipelineResult)>;
using Send = std::function<void(std::vector<Tensor>, Done)>;

Send send_to(const std::shared_ptr<Pipeline>& pipeline, const std::vector<CodedTensor>& coded) {
  return [pipeline, coded](std::vector<Tensor> inputs, Done done) {
    pipeline->send(std::move(inputs), coded, std::move(done));
  };
}

bool is_lossy_codec(const std::string& name) {
  const Codec* const codec = find_codec(name);
  return codec == nullptr || !codec->is_lossless();
}

bool is_lossy(const PlanTimeline& plan) {
  const std::vector<std::string> codecs = codecs_of(plan);
  return std::any_of(codecs.begin(), codecs.end(),
                     [](const std::string& name) { return !name.empty() && is_lossy_codec(name); });
}

/// `first_rank`: of the run's first plan.
std::vector<RequestRecord> records_of(const LoadReport& report, int first_rank) {
  std::vector<RequestRecord> records;
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    const PipelineResult& result = report.results[i];
    RequestRecord& record = records.emplace_back();
    record.rank = first_rank + result.plan;
    record.due_s = report.due_s[i];
    record.latency_s = result.latency_s;
    record.attempts = result.attempts;
    record.is_answered = result.is_answered;
    record.id = result.id;
    record.hops = result.hops;
    for (const HopTiming& hop : result.hops) record.systems.push_back(hop.to);
    if (!result.is_answered) record.failure = describe(result.failure);
  }
  return records;
}

/// Each once, in the order in which the plans reach them.
std::vector<std::string> systems_of(const std::vector<RunnablePlan>& plans) {
  std::vector<std::string> all;
  for (const RunnablePlan& plan : plans) {
    for (const std::string& system : plan.plan.systems()) {
      if (std::find(all.begin(), all.end(), system) == all.end()) all.push_back(system);
    }
  }
  return all;
}

/// One call of run_plans().
class PlanRuns {
 public:
  PlanRuns(PlanDeployment& deployment, const std::vector<RunnablePlan>& plans,
           const PlanRunOptions& options, std::vector<PlanRun>& runs)
      : deployment_(deployment),
        plans_(plans),
        options_(options),
        continues_(std::make_shared<Continuation>(options.load.should_continue)),
        runs_(runs) {}

  void run_one_by_one() {
    for (std::size_t i = 0; i < plans_.size() && !is_stopped(); ++i) {
      PlanRun run = make_run(i);
      LoadReport report;
      const Send send = send_to(pipeline(i), options_.coded_inputs);
      log_plan(i, i == 0 ? "first" : "next of the plans to compare");
      drive(send, options_.load.count, run, report);
      conclude(std::move(run), report);
    }
  }

  void run_in_turns() {
    std::vector<PlanRun> all;
    std::vector<Send> sends;
    std::vector<LoadReport> reports(plans_.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      all.push_back(make_run(i));
      sends.push_back(send_to(pipeline(i), options_.coded_inputs));
    }
    for (int turn = 0; turn < options_.turns; ++turn) {
      const int count = share_of(turn);
      for (std::size_t i = 0; count > 0 && i < all.size() && !is_stopped(); ++i) {
        log_plan(i, turn + i == 0 ? "first" : "its turn");
        drive(sends[i], count, all[i], reports[i]);
      }
    }
    for (std::size_t i = 0; i < all.size(); ++i) conclude(std::move(all[i]), reports[i]);
  }

  void run_with_failover() {
    std::vector<std::shared_ptr<Pipeline>> pipelines;
    for (std::size_t i = 0; i < plans_.size(); ++i) pipelines.push_back(pipeline(i));
    Failover failover(std::move(pipelines));
    const RecoveryMonitor watch(
        failover, [&](const std::string& system) { return deployment_.has_recovered(system); },
        options_.on_return);
    PlanRun run = make_run(0);
    LoadReport report;
    log_plan(0, "first");
    const auto send = [&](std::vector<Tensor> inputs, Done done) {
      failover.send(std::move(inputs), [&, done = std::move(done)](PipelineResult result) {
        log_switch(failover);
        done(std::move(result));
      });
    };
    drive(send, options_.load.count, run, report);
    run.switches = failover.switches();
    conclude(std::move(run), report);
  }

 private:
  std::shared_ptr<Pipeline> pipeline(std::size_t plan) const {
    std::shared_ptr<Pipeline> made =
        deployment_.pipeline(plans_[plan].stages, {},
                             [continues = continues_] { return continues->is_wanted_quietly(); });
    made->set_codecs(codecs_of(plans_[plan].plan));
    return made;
  }

  void log_plan(std::size_t plan, const std::string& why) {
    if (options_.events) options_.events->plan(rank_of(plan), plans_[plan].plan, why);
    logged_plan_ = plan;
  }

  /// Logs the plan that is active, if it is another one than before.
  void log_switch(const Failover& failover) {
    if (!options_.events) return;
    const std::lock_guard lock(log_mutex_);
    const std::size_t plan = failover.active();
    if (plan == logged_plan_) return;
    const std::vector<FailoverSwitch> switches = failover.switches();
    const bool is_switch = !switches.empty() && switches.back().to == plan;
    log_plan(plan, is_switch ? switches.back().lost + " was lost" : "what was lost is back");
  }

  int rank_of(std::size_t plan) const { return options_.first_rank + static_cast<int>(plan); }

  bool is_stopped() const { return !continues_->is_wanted(); }

  PlanRun make_run(std::size_t plan) const {
    PlanRun run;
    run.rank = rank_of(plan);
    run.plan = plans_[plan].plan;
    run.planned_interval = plans_[plan].latency_interval;
    run.is_lossy = is_lossy(run.plan);
    if (run.is_lossy) run.error_bound = run.plan.error;
    return run;
  }

  /// How many of the requests go into one of the turns: the same number, but for the first ones.
  int share_of(int turn) const {
    const int count = options_.load.count;
    return count / options_.turns + (turn < count % options_.turns ? 1 : 0);
  }

  /// Sends `count` requests and adds their results to the report.
  void drive(const Send& send, int count, PlanRun& run, LoadReport& report) {
    LoadOptions load = options_.load;
    load.count = count;
    load.should_continue = [this] { return continues_->is_wanted(); };
    load.on_result = [&](const PipelineResult& result) {
      if (options_.on_result) options_.on_result(run.rank + result.plan, result);
      if (!result.is_answered || !options_.difference) return;
      if (run.checked == options_.checked_answers) return;
      ++run.checked;
      const double off = options_.difference(result.outputs);
      run.difference = std::max(run.difference, off);
      if (off > options_.tolerance + run.error_bound) ++run.wrong;  // never for NaN
    };
    load.on_progress = [&](int done, int total) {
      if (options_.on_progress) options_.on_progress(run.rank, done, total);
    };
    append(report,
           run_load([&](Done done) { send(options_.inputs, logged(run.rank, std::move(done))); },
                    load));
  }

  /// Logs that a request is sent, and its result.
  Done logged(int first_rank, Done done) {
    if (!options_.events) return done;
    return [this, first_rank, done = std::move(done),
            request = options_.events->sent()](PipelineResult result) {
      options_.events->answered(request, first_rank + result.plan, result);
      done(std::move(result));
    };
  }

  /// Adds the run to the others, but for one that was stopped before it had any answer.
  void conclude(PlanRun run, const LoadReport& report) {
    run.summary = summarise(report);
    run.requests = records_of(report, run.rank);
    if (run.summary.answered > 0) {
      runs_.push_back(std::move(run));
    } else if (!is_stopped()) {
      throw Error(ErrorCode::io,
                  "no request was answered: " + format_failures(run.summary.failures),
                  fmt::format("plan {}", run.rank));
    }
  }

  PlanDeployment& deployment_;
  const std::vector<RunnablePlan>& plans_;
  const PlanRunOptions& options_;
  const std::shared_ptr<Continuation> continues_;  ///< asked by pipelines as well
  std::vector<PlanRun>& runs_;
  std::mutex log_mutex_;
  std::size_t logged_plan_ = 0;  ///< index of the last plan in the log
};

double bytes_after(const Segment& segment) {
  double bytes = 0;
  for (const TensorSpec& tensor : segment.outputs) {
    bytes += static_cast<double>(tensor_bytes(tensor.dtype, tensor.shape));
  }
  return bytes;
}

}  // namespace

void run_plans(PlanDeployment& deployment, const std::vector<RunnablePlan>& plans,
               const PlanRunOptions& options, std::vector<PlanRun>& runs) {
  PlanRuns all(deployment, plans, options, runs);
  if (options.events) options.events->start(systems_of(plans), {});
  if (options.fails_over) {
    all.run_with_failover();
  } else if (options.turns > 1) {
    all.run_in_turns();
  } else {
    all.run_one_by_one();
  }
}

void replace_codecs(const std::string& codec, PlanTimeline& plan) {
  for (TimelineItem& item : plan.items) {
    if (item.is_transfer) item.codec = codec == "raw" ? "" : codec;
  }
  plan.error = is_lossy(plan) ? std::numeric_limits<double>::quiet_NaN() : 0;
}

RunnablePlan write_runnable_plan(const OpenModel& model, const PlanTimeline& plan,
                                 const std::string& place, const std::filesystem::path& folder,
                                 const std::function<void(const std::string&)>& on_warning) {
  const std::vector<Placement> stages = placements_of(plan);
  const SegmentManifest manifest = write_plan(model, stages, place, folder);
  const auto other = transfer_difference(plan, manifest);
  if (other && on_warning) {
    on_warning(fmt::format(
        "{}: {} go over after layer {}, and {} were planned: was the model "
        "benchmarked with another --input-shape or batch?",
        place, format_bytes(other->bytes), other->after_layer, format_bytes(other->planned_bytes)));
  }
  return {plan, assignments_of(stages, manifest, folder)};
}

std::vector<std::string> indispensable_systems(const std::vector<PlanTimeline>& plans) {
  std::vector<std::string> needed = plans.at(0).systems();
  for (const PlanTimeline& plan : plans) {
    const std::vector<std::string> systems = plan.systems();
    std::erase_if(needed, [&](const std::string& system) {
      return system == plan.source ||
             std::find(systems.begin(), systems.end(), system) == systems.end();
    });
  }
  return needed;
}

std::optional<TransferDifference> transfer_difference(const PlanTimeline& plan,
                                                      const SegmentManifest& manifest) {
  constexpr double headers = 256;  // of profiles whose sizes were those of .npy files
  std::size_t stages = 0;
  for (const TimelineItem& item : plan.items) {
    stages += item.is_transfer ? 0 : 1;
    // Before the first stage the input goes over, of which a query may have said anything.
    // What a codec makes of it depends on the tensor's values.
    if (!item.is_transfer || stages == 0 || !item.codec.empty()) continue;
    const Segment& segment = manifest.segments.at(stages - 1);
    const double bytes = bytes_after(segment);
    if (std::abs(bytes - item.bytes) <= headers) continue;
    return TransferDifference{segment.last_layer, bytes, item.bytes};
  }
  return std::nullopt;
}

}  // namespace scission::runtime
