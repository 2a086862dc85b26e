#include "runtime/adaptive/traffic.hpp"

#include <algorithm>
#include <utility>

#include "base/seconds.hpp"

namespace scission::runtime {
namespace {

using Clock = Errand::Clock;

Clock::duration duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

double Traffic::now_s() const { return seconds_since(begin_); }

void Traffic::send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done) {
  const auto errand = std::make_shared<Errand>();
  errand->inputs = std::move(inputs);
  errand->done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    ++unanswered_;
    const bool has_room = waiting_.size() < static_cast<std::size_t>(most_waiting_);
    if (holds_ && has_room) {
      waiting_.push_back(errand);
      return;
    }
    if (!holds_) enter(errand);
  }
  if (errand->lane) {
    go(errand);
  } else {
    give_up(errand, {"too many requests wait for the next plan; try again later", "", true, true});
  }
}

// With the lock.
void Traffic::enter(const SharedErrand& errand) {
  errand->lane = lane_;
  errand->has_begun_alone = on_lanes_ == 0;
  errand->started = ++started_;
  ++errand->tries;
  ++on_lanes_;
  ++lane_->under_way;
}

// With the lock.
void Traffic::leave(const SharedErrand& errand) {
  --on_lanes_;
  --errand->lane->under_way;
  last_end_ = Clock::now();
  ended_.notify_all();
}

void Traffic::go(const SharedErrand& errand) {
  errand->sent_s = now_s();
  errand->lane->pipeline->send(
      errand->inputs, [this, errand](PipelineResult result) { take(errand, std::move(result)); });
}

void Traffic::take(const SharedErrand& errand, PipelineResult result) {
  errand->attempts = std::max(errand->attempts, result.attempts);
  if (!result.is_answered && result.failure.is_loss()) {
    const std::lock_guard lock(mutex_);
    leave(errand);
    events_.failures.push_back({errand, std::move(result.failure)});
    happened_.notify_all();
    return;
  }
  std::vector<HopTiming> hops;
  if (result.is_answered) hops = result.hops;
  answer(errand, std::move(result));
  const std::lock_guard lock(mutex_);
  if (!hops.empty()) note(errand, std::move(hops));
  leave(errand);
  --unanswered_;
}

// With the lock, and after the answer: nobody waits for this.
void Traffic::note(const SharedErrand& errand, std::vector<HopTiming> hops) {
  const auto begin = Clock::now();
  const bool is_alone = errand->has_begun_alone && errand->started == started_;
  events_.news.push_back({errand->lane, std::move(hops), is_alone, seconds(begin - begin_)});
  if (std::exchange(wants_news_, false)) happened_.notify_all();
  noting_s_ += seconds_since(begin);
}

// The caller counts it as answered, afterwards.
void Traffic::answer(const SharedErrand& errand, PipelineResult result) {
  const auto now = Clock::now();
  AdaptiveResult whole;
  result.attempts = errand->attempts + std::max(0, errand->tries - 1);
  result.latency_s = seconds(now - errand->began);
  whole.result = std::move(result);
  whole.plan = errand->lane ? errand->lane->number : 0;
  whole.waited_s = errand->lane ? errand->sent_s - seconds(errand->began - begin_) : 0;
  errand->done(std::move(whole));
  errand->done = nullptr;
  errand->inputs.clear();
}

void Traffic::give_up(const SharedErrand& errand, const CallFailure& failure) {
  PipelineResult result;
  result.failure = failure;
  answer(errand, std::move(result));
  const std::lock_guard lock(mutex_);
  --unanswered_;
  ended_.notify_all();
}

CutOver Traffic::cut_over(const SharedLane& lane) {
  CutOver report;
  std::deque<SharedErrand> waiting;
  const auto begin = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    lane_ = lane;
    holds_ = false;
    waiting.swap(waiting_);
    for (const SharedErrand& errand : waiting) enter(errand);
  }
  const auto end = Clock::now();
  report.seconds = seconds(end - begin);
  report.waited = static_cast<int>(waiting.size());
  for (const SharedErrand& errand : waiting) {
    report.longest_wait_s = std::max(report.longest_wait_s, seconds(end - errand->began));
    go(errand);
  }
  return report;
}

void Traffic::hold() {
  const std::lock_guard lock(mutex_);
  holds_ = true;
  ended_.notify_all();
}

bool Traffic::is_holding() const {
  const std::lock_guard lock(mutex_);
  return holds_;
}

void Traffic::send_again(const SharedErrand& errand) {
  {
    const std::lock_guard lock(mutex_);
    if (holds_) {
      waiting_.push_front(errand);
      return;
    }
    enter(errand);
  }
  go(errand);
}

void Traffic::refuse(const CallFailure& failure) {
  std::deque<SharedErrand> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const SharedErrand& errand : waiting) give_up(errand, failure);
}

Events Traffic::wait(double news_s, double latest_s) {
  const auto begin = Clock::now();
  std::unique_lock lock(mutex_);
  const auto is_urgent = [&] { return events_.is_rung || !events_.failures.empty(); };
  happened_.wait_until(lock, begin + duration(news_s), is_urgent);
  wants_news_ = true;
  happened_.wait_until(lock, begin + duration(std::max(news_s, latest_s)),
                       [&] { return is_urgent() || !events_.news.empty(); });
  wants_news_ = false;
  return std::exchange(events_, {});
}

void Traffic::ring() {
  const std::lock_guard lock(mutex_);
  events_.is_rung = true;
  happened_.notify_all();
}

void Traffic::wait_until_idle(const SharedLane& lane) const {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return lane->under_way == 0; });
}

void Traffic::wait_until_empty() const {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return unanswered_ == 0; });
}

bool Traffic::wait_for_gap(double latest_s) const {
  const auto begin = Clock::now();
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, begin + duration(latest_s), [&] {
    if (holds_) return true;
    const bool has_just_ended = last_end_ > begin;
    const bool has_been_quiet = seconds(begin - last_end_) >= latest_s;
    return on_lanes_ == 0 && (has_just_ended || has_been_quiet);
  });
}

double Traffic::noting_s() const {
  const std::lock_guard lock(mutex_);
  return noting_s_;
}

double Traffic::idle_s() const {
  const std::lock_guard lock(mutex_);
  return on_lanes_ > 0 ? 0 : seconds_since(last_end_);
}

}  // namespace scission::runtime
