#include "scission/runtime/pipeline/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "base/seconds.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using Clock = std::chrono::steady_clock;

/// One drive: what is under way, and what has come back.
class Drive {
 public:
  using Send = std::function<void(std::function<void(PipelineResult)>)>;

  Drive(const Send& send, const LoadOptions& options) : send_(send), options_(options) {}

  LoadReport run() {
    for (int i = 0; i < options_.warmup && goes_on(); ++i) {
      start(Clock::now(), -1);
      wait_for_room(1);
    }
    report_.results.resize(static_cast<std::size_t>(options_.count));
    const Clock::time_point begin = Clock::now();
    int sent = 0;
    for (; sent < options_.count && goes_on(); ++sent) {
      const Clock::time_point due = options_.rate > 0 ? due_at(begin, sent) : Clock::now();
      if (!wait_until(due)) break;
      start(due, sent);
      wait_for_room(options_.rate > 0 ? options_.max_in_flight : options_.concurrency);
    }
    wait_for_room(1);
    if (failure_) std::rethrow_exception(failure_);
    report_.results.resize(static_cast<std::size_t>(sent));
    report_.elapsed_s = sent > 0 ? seconds(last_answer_ - begin) : 0;
    report_.throughput = report_.elapsed_s > 0 ? answered_ / report_.elapsed_s : 0;
    return std::move(report_);
  }

 private:
  Clock::time_point due_at(Clock::time_point begin, int index) const {
    return begin + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(index / options_.rate));
  }

  // False when no more are to be sent: looked at now and then, as the time may be far.
  bool wait_until(Clock::time_point due) {
    constexpr auto look = std::chrono::milliseconds(100);
    while (Clock::now() < due) {
      std::this_thread::sleep_until(std::min(due, Clock::now() + look));
      if (!goes_on()) return false;
    }
    return true;
  }

  // `index` is −1 for a request of the warm-up.
  void start(Clock::time_point due, int index) {
    {
      const std::scoped_lock lock(mutex_);
      ++under_way_;
    }
    try {
      send_([this, due, index](PipelineResult result) { take(std::move(result), due, index); });
    } catch (...) {
      fail(std::current_exception());
      const std::scoped_lock lock(mutex_);
      --under_way_;
    }
  }

  // Thrown by run(), when others' answers have come to this drive.
  void fail(std::exception_ptr failure) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  // Notifies under the lock: the last one to come may be the one that run() waits for before it all
  // goes away.
  void take(PipelineResult result, Clock::time_point due, int index) {
    const auto now = Clock::now();  // before others' answers are looked at
    result.latency_s = seconds(now - due);
    const std::scoped_lock lock(mutex_);
    last_answer_ = std::max(last_answer_, now);
    if (index >= 0) keep(std::move(result), index);
    --under_way_;
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
    changed_.wait(lock, [&] { return under_way_ < most; });
  }

  bool goes_on() {
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
  int under_way_ = 0;
  int done_ = 0;
  int answered_ = 0;
  Clock::time_point last_answer_{};
  std::exception_ptr failure_;
  LoadReport report_;
};

}  // namespace

void append(LoadReport& report, LoadReport more) {
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
  if (options.max_in_flight < 1) refuse("1 request under way is the least");
  if (!(options.rate >= 0)) refuse("the rate must be 0 or more");
  return Drive(send, options).run();
}

}  // namespace scission::runtime
