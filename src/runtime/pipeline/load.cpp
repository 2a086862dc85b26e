// Load tests and their summaries.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/seconds.hpp"
#include "base/text.hpp"
#include "runtime/pipeline/quantiles.hpp"
#include "scission/base.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

/// One load test.
class LoadRun {
 public:
  using Send = std::function<void(std::function<void(PipelineResult)>)>;

  LoadRun(const Send& send, const LoadOptions& options) : send_(send), options_(options) {}

  LoadReport run() {
    for (int i = 0; i < options_.warmup && may_continue() && pause(); ++i) {
      start(Clock::now(), -1);
      wait_for_room(1);
    }
    report_.results.resize(static_cast<std::size_t>(options_.count));
    const Clock::time_point begin = Clock::now();
    int sent = 0;
    for (; sent < options_.count && may_continue() && pause(); ++sent) {
      const Clock::time_point due =
          options_.requests_per_s > 0 ? due_at(begin, sent) : Clock::now();
      if (!wait_until(due)) break;
      report_.due_s.push_back(seconds(due - begin));
      start(due, sent);
      wait_for_room(options_.requests_per_s > 0 ? options_.max_in_flight : options_.concurrency);
    }
    wait_for_room(1);
    if (failure_) std::rethrow_exception(failure_);
    report_.results.resize(static_cast<std::size_t>(sent));
    report_.due_s.resize(static_cast<std::size_t>(sent));
    if (!may_continue()) drop_refused();
    report_.elapsed_s = sent > 0 ? seconds(last_answer_ - begin) : 0;
    report_.throughput = report_.elapsed_s > 0 ? answered_ / report_.elapsed_s : 0;
    return std::move(report_);
  }

 private:
  Clock::time_point due_at(Clock::time_point begin, int index) const {
    return begin + clock_duration(index / options_.requests_per_s);
  }

  bool pause() {
    return options_.pause_s <= 0 || wait_until(Clock::now() + clock_duration(options_.pause_s));
  }

  // Polls should_continue meanwhile; false when the run is to end.
  bool wait_until(Clock::time_point due) {
    constexpr auto poll = std::chrono::milliseconds(100);
    while (Clock::now() < due) {
      std::this_thread::sleep_until(std::min(due, Clock::now() + poll));
      if (!may_continue()) return false;
    }
    return true;
  }

  // Of a run that was stopped: requests that a limit held back until then were never served.
  void drop_refused() {
    LoadReport served;
    for (std::size_t i = 0; i < report_.results.size(); ++i) {
      PipelineResult& result = report_.results[i];
      if (!result.is_answered && result.failure.retry_after_s > 0) continue;
      served.results.push_back(std::move(result));
      served.due_s.push_back(report_.due_s[i]);
    }
    report_ = std::move(served);
  }

  // `index` is −1 for a warm-up request.
  void start(Clock::time_point due, int index) {
    {
      const std::scoped_lock lock(mutex_);
      ++in_flight_;
    }
    try {
      send_([this, due, index](PipelineResult result) { take(std::move(result), due, index); });
    } catch (...) {
      fail(std::current_exception());
      const std::scoped_lock lock(mutex_);
      --in_flight_;
    }
  }

  // run() rethrows it when no request is in flight.
  void fail(std::exception_ptr failure) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  // Notifies under the lock: run() may return, and this object end, as soon as the last answer is
  // counted.
  void take(PipelineResult result, Clock::time_point due, int index) {
    const auto now = Clock::now();  // before waiting for the callbacks of other answers
    result.latency_s = seconds(now - due);
    const std::scoped_lock lock(mutex_);
    last_answer_ = std::max(last_answer_, now);
    if (index >= 0) keep(std::move(result), index);
    --in_flight_;
    changed_.notify_all();
  }

  void keep(PipelineResult result, int index) {
    if (result.is_answered) ++answered_;
    try {
      if (options_.on_result && !failure_) options_.on_result(result);
      if (options_.on_progress) options_.on_progress(++done_, options_.count);
    } catch (...) {
      failure_ = std::current_exception();
    }
    result.outputs.clear();
    report_.results[static_cast<std::size_t>(index)] = std::move(result);
  }

  void wait_for_room(int most) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_flight_ < most; });
  }

  bool may_continue() {
    try {
      const bool is_wanted = !options_.should_continue || options_.should_continue();
      const std::scoped_lock lock(mutex_);
      return is_wanted && !failure_;
    } catch (...) {
      fail(std::current_exception());
      return false;
    }
  }

  const Send& send_;
  const LoadOptions& options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int in_flight_ = 0;
  int done_ = 0;
  int answered_ = 0;
  Clock::time_point last_answer_{};
  std::exception_ptr failure_;
  LoadReport report_;
};

using Results = std::vector<const PipelineResult*>;

// The plan that takes over after a loss has other hops, whose times say nothing about these.
bool same_stages(const PipelineResult& a, const PipelineResult& b) {
  return std::equal(a.hops.begin(), a.hops.end(), b.hops.begin(), b.hops.end(),
                    [](const HopTiming& x, const HopTiming& y) { return x.to == y.to; });
}

Results answered_alike(const LoadReport& report) {
  Results results;
  const bool has_late = std::any_of(
      report.results.begin(), report.results.end(),
      [](const PipelineResult& result) { return result.is_answered && !result.is_early; });
  for (const PipelineResult& result : report.results) {
    if (!result.is_answered || (result.is_early && has_late)) continue;
    if (results.empty() || same_stages(*results.front(), result)) results.push_back(&result);
  }
  return results;
}

Quantiles quantiles_over(const Results& results,
                         const std::function<double(const PipelineResult&)>& of) {
  std::vector<double> values;
  for (const PipelineResult* result : results) values.push_back(of(*result));
  return quantiles_of(values);
}

double mean_latency_s(const LoadReport& report) {
  double sum = 0;
  int answered = 0;
  for (const PipelineResult& result : report.results) {
    if (!result.is_answered) continue;
    sum += result.latency_s;
    ++answered;
  }
  return answered > 0 ? sum / answered : 0;
}

// How many requests ended early in the stage of that hop.
int early_at(const LoadReport& report, const PipelineResult& of, std::size_t index) {
  return static_cast<int>(
      std::count_if(report.results.begin(), report.results.end(), [&](const auto& result) {
        return result.is_early && result.hops.size() == index + 1 &&
               std::equal(result.hops.begin(), result.hops.end(), of.hops.begin(),
                          [](const HopTiming& x, const HopTiming& y) { return x.to == y.to; });
      }));
}

std::vector<double> latencies_of(const LoadReport& report) {
  std::vector<double> latencies;
  for (const PipelineResult& result : report.results) {
    latencies.push_back(result.is_answered ? result.latency_s : no_answer_s);
  }
  return latencies;
}

Interval interval_of_median(const std::vector<double>& latencies) {
  constexpr double confidence = 0.95;
  if (latencies.empty()) return {};
  return median_interval(latencies, confidence, effective_count(latencies));
}

// Digits of a message, a port or a duration, differ between failures of one cause.
std::vector<std::string> causes_of_failures(const LoadReport& report) {
  std::vector<std::string> causes;
  for (const PipelineResult& result : report.results) {
    if (!result.is_answered) causes.push_back(describe(result.failure));
  }
  return causes;
}

HopSummary summarise_hop(const Results& results, std::size_t index) {
  const auto of = [&](double HopTiming::*field) {
    return quantiles_over(results,
                          [=](const PipelineResult& result) { return result.hops[index].*field; });
  };
  const HopTiming& first = results.front()->hops[index];
  HopSummary hop;
  hop.from = first.from;
  hop.to = first.to;
  hop.requests = static_cast<int>(results.size());
  hop.bytes = static_cast<double>(first.bytes);
  hop.serialise = of(&HopTiming::serialise_s);
  hop.transfer = of(&HopTiming::transfer_s);
  hop.deserialise = of(&HopTiming::deserialise_s);
  hop.queue = of(&HopTiming::queue_s);
  hop.compute = of(&HopTiming::compute_s);
  hop.passing = quantiles_over(results, [=](const PipelineResult& result) {
    const HopTiming& timing = result.hops[index];
    return timing.serialise_s + timing.transfer_s + timing.deserialise_s;
  });
  hop.codec = first.codec;
  hop.encode = of(&HopTiming::encode_s);
  hop.decode = of(&HopTiming::decode_s);
  for (const PipelineResult* result : results) hop.raw_tensors += result->hops[index].raw_tensors;
  hop.raw_tensors /= static_cast<double>(results.size());
  return hop;
}

}  // namespace

double PipelineResult::limit_wait_s() const {
  double sum_s = 0;
  for (const auto& [system, seconds] : limit_waits_s) sum_s += seconds;
  return sum_s;
}

void add_limit_waits(const PipelineResult& result, std::vector<LimitWaits>& waits) {
  for (const auto& [system, seconds] : result.limit_waits_s) {
    auto found = std::find_if(waits.begin(), waits.end(), [&, name = system](const auto& known) {
      return known.system == name;
    });
    if (found == waits.end()) found = waits.insert(found, {system, 0, 0});
    ++found->requests;
    found->seconds += seconds;
  }
}

std::string format_limit_waits(const std::vector<LimitWaits>& waits) {
  std::string lines;
  for (const LimitWaits& wait : waits) {
    lines += fmt::format("{} {} waited for the client limit of {}: {}\n", wait.requests,
                         wait.requests == 1 ? "request" : "requests", wait.system,
                         format_duration(wait.seconds));
  }
  return lines;
}

void append(LoadReport& report, LoadReport more) {
  for (const double due_s : more.due_s) report.due_s.push_back(report.elapsed_s + due_s);
  report.elapsed_s += more.elapsed_s;
  report.results.insert(report.results.end(), std::make_move_iterator(more.results.begin()),
                        std::make_move_iterator(more.results.end()));
  const auto answered =
      std::count_if(report.results.begin(), report.results.end(),
                    [](const PipelineResult& result) { return result.is_answered; });
  report.throughput = report.elapsed_s > 0 ? static_cast<double>(answered) / report.elapsed_s : 0;
}

LoadReport run_load(const std::function<void(std::function<void(PipelineResult)>)>& send,
                    const LoadOptions& options) {
  const auto refuse = [](const char* message) {
    throw Error(ErrorCode::invalid_argument, message);
  };
  if (options.count < 1) refuse("the number of requests must be 1 or more");
  if (options.warmup < 0) refuse("the warm-up must be 0 requests or more");
  if (options.concurrency < 1) refuse("the concurrency must be 1 or more");
  if (!(options.pause_s >= 0) || !std::isfinite(options.pause_s)) {
    refuse("pause_s must be 0 or more");
  }
  if (options.pause_s > 0 && (options.concurrency > 1 || options.requests_per_s > 0)) {
    refuse("pause_s needs a concurrency of 1 and no rate");
  }
  if (options.max_in_flight < 1) refuse("max_in_flight must be 1 or more");
  if (!(options.requests_per_s >= 0)) refuse("the rate must be 0 or more");
  return LoadRun(send, options).run();
}

std::string describe(const CallFailure& failure) {
  const bool names_system = failure.system.empty() || !failure.observer.empty();
  return names_system ? failure.message : failure.system + ": " + failure.message;
}

std::vector<FailureCount> count_causes(const std::vector<std::string>& causes) {
  std::vector<FailureCount> failures;
  std::map<std::string, std::size_t> known;
  for (const std::string& cause : causes) {
    const auto [place, is_new] = known.try_emplace(text::without_digits(cause), failures.size());
    if (is_new) failures.push_back({cause, 0});
    ++failures[place->second].requests;
  }
  std::stable_sort(failures.begin(), failures.end(),
                   [](const auto& a, const auto& b) { return a.requests > b.requests; });
  return failures;
}

std::string format_failures(const std::vector<FailureCount>& failures) {
  if (failures.size() == 1) return failures.front().cause;
  std::string text;
  for (const FailureCount& failure : failures) {
    text += fmt::format("{}{} × {}", text.empty() ? "" : "; ", failure.requests, failure.cause);
  }
  return text;
}

RunSummary summarise(const LoadReport& report) {
  RunSummary summary;
  summary.requests = static_cast<int>(report.results.size());
  summary.throughput = report.throughput;
  for (const PipelineResult& result : report.results) {
    if (result.is_answered) ++summary.answered;
    if (result.attempts > 1) ++summary.repeated;
    if (result.is_early) ++summary.early;
  }
  const std::vector<double> latencies = latencies_of(report);
  summary.latency = quantiles_of(latencies);
  summary.mean_latency_s = mean_latency_s(report);
  summary.latency_interval = interval_of_median(latencies);
  std::vector<double> unlimited = latencies;
  for (std::size_t i = 0; i < unlimited.size(); ++i) {
    unlimited[i] -= report.results[i].limit_wait_s();
    add_limit_waits(report.results[i], summary.limit_waits);
  }
  summary.unlimited_median_s = quantiles_of(unlimited).median;
  summary.unlimited_interval = interval_of_median(unlimited);
  summary.failures = count_causes(causes_of_failures(report));
  const Results results = answered_alike(report);
  if (results.empty()) return summary;
  for (std::size_t i = 0; i < results.front()->hops.size(); ++i) {
    summary.hops.push_back(summarise_hop(results, i));
    summary.hops.back().early = early_at(report, *results.front(), i);
  }
  return summary;
}

std::vector<HopPrediction> predicted_hops(const PlanTimeline& plan) {
  std::vector<HopPrediction> hops;
  HopPrediction hop;
  for (const TimelineItem& item : plan.items) {
    const double seconds = item.without_exit_s.value_or(item.seconds);
    if (item.is_transfer) {
      hop.transfer_s = seconds - item.encode_s - item.decode_s;
      hop.codec = item.codec;
      hop.encode_s = item.encode_s;
      hop.decode_s = item.decode_s;
      continue;
    }
    hop.system = item.system;
    hop.compute_s = seconds;
    hops.push_back(std::exchange(hop, {}));
  }
  if (!hops.empty()) hops.back().transfer_s += hop.transfer_s;
  return hops;
}

std::vector<std::string> codecs_of(const PlanTimeline& plan) {
  std::vector<std::string> codecs(1);
  bool is_coded = false;
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) {
      codecs.back() = item.codec;
      is_coded = is_coded || !item.codec.empty();
    } else {
      codecs.emplace_back();
    }
  }
  return is_coded ? codecs : std::vector<std::string>{};
}

double relative_error(double measured, double predicted) {
  return predicted > 0 ? (measured - predicted) / predicted : 0;
}

}  // namespace scission::runtime
