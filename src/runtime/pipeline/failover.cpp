#include "scission/runtime/pipeline/failover.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "base/seconds.hpp"
#include "runtime/pipeline/plan_choice.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::set<std::string>> systems_of(
    const std::vector<std::shared_ptr<Pipeline>>& pipelines) {
  std::vector<std::set<std::string>> all;
  for (const auto& pipeline : pipelines) {
    if (!pipeline) throw Error(ErrorCode::invalid_argument, "must not be null", "pipelines");
    std::set<std::string>& needed = all.emplace_back();
    for (const PipelineStage& stage : pipeline->stages()) needed.insert(stage.system);
  }
  return all;
}

/// A request, and the plan that it was last sent through.
struct Errand {
  std::vector<Tensor> inputs;
  std::function<void(PipelineResult)> done;
  Clock::time_point began = Clock::now();
  int attempts = 1;
  std::size_t plan = 0;
  std::uint64_t epoch = 0;
};

using SharedErrand = std::shared_ptr<Errand>;

}  // namespace

class Failover::Impl {
 public:
  explicit Impl(std::vector<std::shared_ptr<Pipeline>> pipelines)
      : pipelines_(std::move(pipelines)), choice_(systems_of(pipelines_)) {}

  ~Impl() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [&] { return under_way_ == 0; });
  }

  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
    const auto errand = std::make_shared<Errand>();
    errand->inputs = std::move(inputs);
    errand->done = std::move(done);
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
      if (last_answer_ == Clock::time_point{}) last_answer_ = errand->began;
      errand->plan = choice_.active().value_or(in_charge_);
      errand->epoch = choice_.epoch();
    }
    go(errand);
  }

  std::size_t active() {
    const std::lock_guard lock(mutex_);
    return in_charge_;
  }

  std::vector<FailoverSwitch> switches() {
    const std::lock_guard lock(mutex_);
    return switches_;
  }

  std::set<std::string> lost() {
    const std::lock_guard lock(mutex_);
    return choice_.lost();
  }

  void restore(const std::string& system) {
    const std::lock_guard lock(mutex_);
    choice_.restore(system);
    in_charge_ = choice_.active().value_or(in_charge_);
  }

 private:
  void go(const SharedErrand& errand) {
    pipelines_[errand->plan]->send(
        errand->inputs, [this, errand](PipelineResult result) { take(errand, std::move(result)); });
  }

  void take(const SharedErrand& errand, PipelineResult result) {
    errand->attempts = std::max(errand->attempts, result.attempts);
    if (!result.is_answered && result.failure.is_loss() &&
        may_go_again(errand, result.failure.system)) {
      go(errand);
      return;
    }
    if (result.is_answered) note_answer(errand->plan);
    result.attempts = errand->attempts;
    result.latency_s = seconds_since(errand->began);
    errand->done(std::move(result));
    errand->done = nullptr;
    const std::lock_guard lock(mutex_);
    --under_way_;
    all_done_.notify_all();
  }

  // Whether there is a plan that this failure, or one before it, does not concern; the errand has
  // it then. Each errand ends: without a restore the plan in charge only ever moves on.
  bool may_go_again(const SharedErrand& errand, const std::string& lost) {
    const auto known = Clock::now();
    const std::lock_guard lock(mutex_);
    const std::uint64_t sent_at = std::exchange(errand->epoch, choice_.epoch());
    const bool changes = choice_.lose(lost, sent_at);
    const auto next = choice_.active();
    if (!next) return false;
    if (changes) {
      in_charge_ = *next;
      switches_.push_back({*next, lost, seconds_since(known), 0});
    }
    const bool is_other = *next != errand->plan || sent_at != errand->epoch;
    errand->plan = *next;
    return is_other;
  }

  void note_answer(std::size_t plan) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (noted_ < switches_.size() && plan != in_charge_) return;  // late, by a plan given up
    for (; noted_ < switches_.size(); ++noted_) {
      switches_[noted_].gap_s = seconds(now - last_answer_);
    }
    last_answer_ = std::max(last_answer_, now);
  }

  const std::vector<std::shared_ptr<Pipeline>> pipelines_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  PlanChoice choice_;
  std::size_t in_charge_ = 0;  ///< the last one, where none is left
  std::vector<FailoverSwitch> switches_;
  std::size_t noted_ = 0;  ///< switches that have been followed by an answer
  Clock::time_point last_answer_{};
  std::size_t under_way_ = 0;
};

Failover::Failover(std::vector<std::shared_ptr<Pipeline>> pipelines)
    : impl_(std::make_unique<Impl>(std::move(pipelines))) {}

Failover::~Failover() = default;

void Failover::send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done) {
  impl_->send(std::move(inputs), std::move(done));
}

std::size_t Failover::active() const { return impl_->active(); }

std::vector<FailoverSwitch> Failover::switches() const { return impl_->switches(); }

std::set<std::string> Failover::lost() const { return impl_->lost(); }

void Failover::restore(const std::string& system) { impl_->restore(system); }

}  // namespace scission::runtime
