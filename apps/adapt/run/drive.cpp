#include "adapt/run/drive.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "adapt/run/largest.hpp"
#include "run/verify.hpp"

namespace scission::adaptive_run {
namespace {

constexpr int most_under_way = 64;  // at a rate

/// One drive. Answers are looked at between requests, where no latency is counted.
class Drive {
 public:
  Drive(runtime::AdaptivePipeline& pipeline, InputStream& inputs, const RunRequest& request,
        const apps::Interrupts& interrupts, const std::function<double()>& since_s,
        const std::function<void()>& each)
      : pipeline_(pipeline),
        inputs_(inputs),
        request_(request),
        interrupts_(interrupts),
        since_s_(since_s),
        each_(each) {}

  ~Drive() { wait_for_room(1); }
  Drive(const Drive&) = delete;
  Drive& operator=(const Drive&) = delete;

  std::vector<Record> run() {
    double begin_s = since_s_();
    const int most = request_.common.rate > 0 ? most_under_way : request_.common.concurrency;
    while (goes_on(begin_s)) {
      const std::shared_ptr<const Input> input = inputs_.next();
      if (!input) break;
      if (records_.empty()) begin_s = since_s_();  // no request waited for the first input
      double due_s = since_s_();
      if (request_.common.rate > 0) {
        due_s = begin_s + static_cast<double>(records_.size()) / request_.common.rate;
        sleep_until(due_s, begin_s);
        if (!goes_on(begin_s)) break;
      }
      send(input, due_s);
      wait_for_room(most);
      look_at_answers();
      each_();
    }
    wait_for_room(1);
    look_at_answers();
    return {records_.begin(), records_.end()};
  }

 private:
  struct Answer {
    std::size_t number = 0;
    std::shared_ptr<const Input> input;
    std::vector<Tensor> outputs;
  };

  bool goes_on(double begin_s) {
    is_interrupted_ = is_interrupted_ || interrupts_.take();
    if (is_interrupted_) return false;
    if (request_.count && records_.size() >= static_cast<std::size_t>(*request_.count)) {
      return false;
    }
    return !request_.seconds || since_s_() < begin_s + *request_.seconds;
  }

  // No longer than requests are sent at all.
  void sleep_until(double due_s, double begin_s) {
    constexpr double look_s = 0.1;
    for (double left_s = due_s - since_s_(); left_s > 0 && goes_on(begin_s);
         left_s = due_s - since_s_()) {
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left_s, look_s)));
    }
  }

  void send(const std::shared_ptr<const Input>& input, double due_s) {
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = records_.size();
      Record& record = records_.emplace_back();
      record.input = input->name;
      record.sent_s = due_s;
      ++under_way_;
    }
    pipeline_.send(input->tensors, [this, number, input](runtime::AdaptiveResult result) {
      take(number, input, std::move(result));
    });
  }

  // Notifies under the lock: the last one to come may be what the destructor waits for.
  void take(std::size_t number, const std::shared_ptr<const Input>& input,
            runtime::AdaptiveResult answer) {
    const double now_s = since_s_();
    const std::lock_guard lock(mutex_);
    Record& record = records_[number];
    record.latency_s = now_s - record.sent_s;
    record.waited_s = answer.waited_s;
    record.plan = answer.plan;
    record.attempts = answer.result.attempts;
    record.is_answered = answer.result.is_answered;
    record.failure = std::move(answer.result.failure.message);
    if (record.is_answered) {
      answers_.push_back({number, input, std::move(answer.result.outputs)});
    }
    --under_way_;
    changed_.notify_all();
  }

  void look_at_answers() {
    std::vector<Answer> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(answers_);
    }
    for (const Answer& answer : answers) {
      const long largest = index_of_largest(answer.outputs);
      const double off =
          request_.common.tolerance ? run::difference(answer.outputs, answer.input->expected) : 0;
      const std::lock_guard lock(mutex_);
      records_[answer.number].largest = largest;
      records_[answer.number].difference = off;
    }
  }

  void wait_for_room(int most) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return under_way_ < most; });
  }

  runtime::AdaptivePipeline& pipeline_;
  InputStream& inputs_;
  const RunRequest& request_;
  const apps::Interrupts& interrupts_;
  bool is_interrupted_ = false;
  const std::function<double()>& since_s_;
  const std::function<void()>& each_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int under_way_ = 0;
  std::deque<Record> records_;
  std::vector<Answer> answers_;
};

}  // namespace

std::vector<Record> drive(runtime::AdaptivePipeline& pipeline, InputStream& inputs,
                          const RunRequest& request, const apps::Interrupts& interrupts,
                          const std::function<double()>& since_s,
                          const std::function<void()>& each) {
  return Drive(pipeline, inputs, request, interrupts, since_s, each).run();
}

}  // namespace scission::adaptive_run
