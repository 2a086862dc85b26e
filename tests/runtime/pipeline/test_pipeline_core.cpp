// Pipelines over remote calls that the test answers.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/fake_stage.hpp"
#include "runtime/pipeline/pipeline_core.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

struct PendingCall {
  InferRequest request;
  double deadline_s = 0;
  std::function<void(InferResult)> done;
};

/// Keeps calls until the test takes them.
class FakeServer {
 public:
  RemoteCall call() {
    return [this](const InferRequest& request, double deadline_s,
                  std::function<void(InferResult)> done) {
      const std::lock_guard lock(mutex_);
      calls_.push_back({request, deadline_s, std::move(done)});
      changed_.notify_all();
      return [this] { ++cancelled; };
    };
  }

  /// Waits for it.
  PendingCall next() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !calls_.empty(); }));
    PendingCall call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }

  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }

  std::atomic<int> cancelled = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PendingCall> calls_;
};

/// Results in the order they came.
class Results {
 public:
  std::function<void(PipelineResult)> done() {
    return [this](PipelineResult result) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(result));
      changed_.notify_all();
    };
  }

  std::vector<PipelineResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return all_.size() >= count; }));
    return all_;
  }

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PipelineResult> all_;
};

PipelineStep remote(FakeServer& server, std::vector<RouteStop> stops) {
  PipelineStep step;
  step.stops = std::move(stops);
  step.call = server.call();
  return step;
}

PipelineStep local(const std::string& words, std::shared_ptr<Gate> gate = {}) {
  PipelineStep step;
  step.stops = {{"pi", "here"}};
  step.local = std::make_shared<FakeStage>(words, small_segment(), std::move(gate));
  return step;
}

InferAnswer answer_with(const std::vector<float>& numbers) {
  InferAnswer answer;
  answer.outputs = {float_tensor("y", numbers)};
  return answer;
}

CallFailure passing(const std::string& system = {}) {
  CallFailure failure;
  failure.message = "away";
  failure.system = system;
  failure.is_transient = true;
  return failure;
}

PipelineOptions two_quick_retries() {
  PipelineOptions options;
  options.source = "pi";
  options.backoff_s = 1e-4;
  options.retries = 2;
  return options;
}

std::vector<Tensor> numbers(const std::vector<float>& values) {
  return {float_tensor("x", values)};
}

}  // namespace

TEST_CASE(
    "A request passes local and remote steps, and the outputs of one are the inputs of the next") {
  FakeServer server;
  PipelineStep far = remote(server, {{"edge", "m2"}, {"cloud", "m3"}});
  far.input_names = {"middle"};
  PipelineCore core({local("add 1"), far, local("multiply 2")}, two_quick_retries());
  Results results;
  core.start(numbers({1, 2, 3, 4}), results.done());
  const PendingCall call = server.next();
  CHECK(call.request.model == "m2");
  REQUIRE(call.request.route.size() == 1);
  CHECK(call.request.route[0].system == "cloud");
  CHECK(call.request.route[0].model == "m3");
  CHECK(call.request.inputs.at(0).name == "middle");
  CHECK(floats_of(call.request.inputs.at(0)) == std::vector<float>{2, 3, 4, 5});
  call.done(answer_with({10, 20, 30, 40}));
  const PipelineResult result = results.wait(1).front();
  REQUIRE(result.is_answered);
  CHECK(floats_of(result.outputs.at(0)) == std::vector<float>{20, 40, 60, 80});
  REQUIRE(result.hops.size() == 4);
  CHECK(result.hops[1].from == "pi");
  CHECK(result.hops[2].from == "edge");
  CHECK(result.hops[3].to == "pi");
  CHECK(result.attempts == 1);
}

TEST_CASE("A model that ends in a local stage is answered there, and nothing is sent") {
  FakeServer server;
  PipelineStep first;
  first.stops = {{"pi", "here"}};
  first.local = std::make_shared<FakeStage>("add 1", segment_with_exit(), nullptr);
  first.exits = segment_with_exit().exits;
  PipelineCore core({first, remote(server, {{"edge", "m"}})}, two_quick_retries());
  Results results;
  core.start(inputs_with_exit(true, {1, 2}), results.done());
  const PipelineResult early = results.wait(1).front();
  REQUIRE(early.is_answered);
  CHECK(early.is_early);
  REQUIRE(early.outputs.size() == 1);
  CHECK(early.outputs[0].name == "out");
  CHECK(floats_of(early.outputs[0]) == std::vector<float>{2, 3});
  CHECK(early.hops.size() == 1);
  CHECK(server.waiting() == 0);

  core.start(inputs_with_exit(false, {1, 2}), results.done());
  const PendingCall call = server.next();
  CHECK(call.request.inputs.size() == 2);
  call.done(answer_with({5}));
  const PipelineResult late = results.wait(2).back();
  CHECK_FALSE(late.is_early);
  CHECK(floats_of(late.outputs.at(0)) == std::vector<float>{5});
  CHECK(late.hops.size() == 2);
}

TEST_CASE(
    "An early answer from a route leaves out the steps behind it, and has the hops that ran") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}, {"cloud", "n"}}), local("multiply 2")},
                    two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  InferAnswer answer = answer_with({3});
  answer.is_early = true;
  answer.stages.resize(1);
  answer.stages[0].compute_s = 0.25;
  server.next().done(answer);
  const PipelineResult result = results.wait(1).front();
  REQUIRE(result.is_answered);
  CHECK(result.is_early);
  CHECK(floats_of(result.outputs.at(0)) == std::vector<float>{3});
  REQUIRE(result.hops.size() == 1);
  CHECK(result.hops[0].to == "edge");
  CHECK(result.hops[0].compute_s == 0.25);
}

TEST_CASE("A transient failure is retried with the rest of the deadline") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}})}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  const PendingCall first = server.next();
  CHECK(first.deadline_s <= 10);
  first.done(passing());
  const PendingCall second = server.next();
  CHECK(second.deadline_s < first.deadline_s);
  CHECK(floats_of(second.request.inputs.at(0)) == std::vector<float>{1});
  second.done(answer_with({2}));
  const PipelineResult result = results.wait(1).front();
  CHECK(result.is_answered);
  CHECK(result.attempts == 2);
}

TEST_CASE("A call is retried no more often than requested") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}, {"cloud", "n"}})}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  server.next().done(passing("cloud"));
  server.next().done(passing("cloud"));
  server.next().done(passing());
  const PipelineResult result = results.wait(1).front();
  CHECK_FALSE(result.is_answered);
  CHECK(result.attempts == 3);
  CHECK(result.failure.message == "away");
  CHECK(result.failure.system == "edge");  // no worker reported one
  CHECK(server.waiting() == 0);
}

TEST_CASE("Refusals that say when to call again count as no retries") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}})}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  CallFailure later = passing();
  later.is_busy = true;
  later.retry_after_s = 1e-4;
  for (int i = 0; i < 5; ++i) server.next().done(later);
  server.next().done(passing());
  server.next().done(passing());
  server.next().done(answer_with({2}));
  const PipelineResult result = results.wait(1).front();
  CHECK(result.is_answered);
  CHECK(result.attempts == 8);
}

TEST_CASE("A request that waits until it may call again ends when its system is lost") {
  FakeServer server;
  PipelineOptions options = two_quick_retries();
  options.deadline_s = 60;
  PipelineCore core({remote(server, {{"edge", "m"}})}, options);
  Results results;
  core.start(numbers({1}), results.done());
  CallFailure later = passing();
  later.is_busy = true;
  later.retry_after_s = 20;
  server.next().done(later);
  CallFailure lost = passing();
  lost.message = "edge was lost";
  core.interrupt("edge", lost);
  const PipelineResult result = results.wait(1).front();
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.message == "edge was lost");
  CHECK(server.waiting() == 0);
}

TEST_CASE("A request tells how long it has waited for which client limit") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}})}, two_quick_retries());
  CHECK(core.since_limit_wait_s() == std::numeric_limits<double>::infinity());
  Results results;
  core.start(numbers({1}), results.done());
  CallFailure later = passing();
  later.retry_after_s = 1e-3;
  server.next().done(later);
  server.next().done(later);
  server.next().done(passing());  // a wait as others
  later.system = "cloud";
  server.next().done(later);
  server.next().done(answer_with({2}));
  const PipelineResult result = results.wait(1).front();
  REQUIRE(result.limit_waits_s.size() == 2);
  CHECK(result.limit_waits_s.at("edge") >= 2e-3);
  CHECK(result.limit_waits_s.at("cloud") >= 1e-3);
  CHECK(result.limit_wait_s() <= result.latency_s);
  CHECK(core.since_limit_wait_s() < std::numeric_limits<double>::infinity());
}

TEST_CASE("A wait for a client limit ends when its caller gives up") {
  FakeServer server;
  std::atomic<bool> may_wait = true;
  PipelineOptions options = two_quick_retries();
  options.deadline_s = 60;
  options.may_wait = [&] { return may_wait.load(); };
  PipelineCore core({remote(server, {{"edge", "m"}})}, options);
  Results results;
  core.start(numbers({1}), results.done());
  CallFailure later = passing();
  later.retry_after_s = 30;
  server.next().done(later);
  CHECK(core.since_limit_wait_s() == 0);
  may_wait = false;
  const PipelineResult result = results.wait(1).front();
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.retry_after_s == 30);
  CHECK(result.limit_waits_s.count("edge") == 1);
  CHECK(result.latency_s < 30);
  CHECK(server.waiting() == 0);
}

TEST_CASE("A refusal ends the request at once") {
  FakeServer server;
  PipelineCore core({remote(server, {{"edge", "m"}}), local("same")}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  CallFailure refusal;
  refusal.message = "no such model";
  server.next().done(refusal);
  const PipelineResult result = results.wait(1).front();
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.message == "no such model");
  CHECK(result.attempts == 1);
  CHECK(server.waiting() == 0);
}

TEST_CASE("A local model that fails fails its request and no other") {
  PipelineCore core({local("throw")}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  core.start(numbers({1}), results.done());
  for (const PipelineResult& result : results.wait(2)) {
    CHECK_FALSE(result.is_answered);
    CHECK(result.failure.message == "the model is out");
    CHECK(result.failure.system == "pi");
    CHECK_FALSE(result.failure.is_transient);
  }
}

TEST_CASE("While one request is at a worker another one computes locally") {
  FakeServer server;
  PipelineCore core({local("add 1"), remote(server, {{"edge", "m"}})}, two_quick_retries());
  Results results;
  core.start(numbers({1}), results.done());
  const PendingCall first = server.next();
  core.start(numbers({2}), results.done());
  const PendingCall second = server.next();  // the first is not answered yet
  CHECK(floats_of(second.request.inputs.at(0)) == std::vector<float>{3});
  second.done(answer_with({20}));
  CHECK(floats_of(results.wait(1)[0].outputs.at(0)) == std::vector<float>{20});
  first.done(answer_with({10}));
  CHECK(floats_of(results.wait(2)[1].outputs.at(0)) == std::vector<float>{10});
}

TEST_CASE("A pipeline that ends fails requests that wait for a retry, and waits for the others") {
  FakeServer server;
  Results results;
  PipelineOptions options = two_quick_retries();
  options.backoff_s = 1;  // the first attempt after it comes long after the end
  options.deadline_s = 1000;
  auto core = std::make_unique<PipelineCore>(
      std::vector<PipelineStep>{remote(server, {{"edge", "m"}})}, options);
  core->start(numbers({1}), results.done());
  core->start(numbers({2}), results.done());
  server.next().done(passing());
  const PendingCall under_way = server.next();
  auto ending = std::async(std::launch::async, [&] { core.reset(); });
  CHECK_FALSE(results.wait(1)[0].is_answered);
  CHECK(ending.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  under_way.done(passing());  // not sent again either
  ending.get();
  REQUIRE(results.count() == 2);
  CHECK(server.waiting() == 0);
}

TEST_CASE("Many requests that are retried are each answered once") {
  FakeServer server;
  Results results;
  PipelineOptions options = two_quick_retries();
  options.retries = 3;
  PipelineCore core({remote(server, {{"edge", "m"}})}, options);
  constexpr int count = 200;
  for (int i = 0; i < count; ++i) {
    core.start(numbers({static_cast<float>(i)}), results.done());
  }
  for (int i = 0; i < count; ++i) server.next().done(passing());
  for (int i = 0; i < count; ++i) {
    const PendingCall call = server.next();
    call.done(answer_with(floats_of(call.request.inputs.at(0))));
  }
  std::vector<int> answers(count, 0);
  for (const PipelineResult& result : results.wait(count)) {
    REQUIRE(result.is_answered);
    ++answers[static_cast<std::size_t>(floats_of(result.outputs.at(0)).at(0))];
  }
  CHECK(answers == std::vector<int>(count, 1));
  CHECK(results.count() == count);
}

TEST_CASE("A request that is interrupted has its call cancelled, and ends as it was told to") {
  FakeServer server;
  PipelineCore core({remote(server, {{"a", "m"}})}, two_quick_retries());
  Results results;
  core.start({float_tensor("x", {1})}, results.done());
  PendingCall call = server.next();
  CallFailure failure = passing("a");
  failure.is_stalled = true;
  core.interrupt("b", failure);
  CHECK(server.cancelled == 0);  // it has no stage there
  core.interrupt("a", failure);
  CHECK(server.cancelled == 1);
  call.done(CallFailure{"cancelled", ""});
  const auto all = results.wait(1);
  CHECK_FALSE(all[0].is_answered);
  CHECK(all[0].failure.is_stalled);
  CHECK(all[0].failure.system == "a");
  CHECK(server.waiting() == 0);  // not tried again
}

TEST_CASE("Requests of before the last codecs can be interrupted alone") {
  FakeServer server;
  PipelineCore core({remote(server, {{"a", "m"}})}, two_quick_retries());
  Results results;
  const bool had_same_codecs = GENERATE(false, true);
  if (had_same_codecs) core.set_codecs({"zstd", ""});
  core.start({float_tensor("x", {1})}, results.done());
  const PendingCall raw = server.next();
  core.set_codecs({"fp16", ""});
  core.set_codecs({"zstd", ""});
  core.start({float_tensor("x", {1})}, results.done());
  const PendingCall coded = server.next();
  CHECK(coded.request.codec == "zstd");
  core.interrupt_recoded(passing());
  CHECK(server.cancelled == 1);
  raw.done(CallFailure{"cancelled", ""});
  coded.done(answer_with({1}));
  const auto all = results.wait(2);
  CHECK_FALSE(all[0].is_answered);
  CHECK(all[0].failure.message == "away");
  CHECK(all[1].is_answered);
}

TEST_CASE("An answer that comes in spite of an interruption counts, and no later call begins") {
  FakeServer server;
  PipelineCore core({remote(server, {{"a", "m"}}), local("add 1"), remote(server, {{"b", "m"}})},
                    two_quick_retries());
  Results results;
  core.start({float_tensor("x", {1})}, results.done());
  PendingCall call = server.next();
  core.interrupt("b", passing("b"));
  call.done(answer_with({1}));
  const auto all = results.wait(1);
  CHECK_FALSE(all[0].is_answered);
  CHECK(all[0].failure.system == "b");
  CHECK(server.waiting() == 0);
}

TEST_CASE("A silent system's requests are interrupted while the others go on") {
  FakeServer server;
  PipelineOptions options = two_quick_retries();
  options.deadline_s = 300;
  options.stall_timeout_s = 0.1;
  std::atomic<int> checks = 0;
  const HealthCheck silent{"a", [&](double, const std::function<void(bool)>&) { ++checks; }};
  const HealthCheck alive{"b", [](double, const std::function<void(bool)>& done) { done(true); }};
  PipelineCore core({remote(server, {{"b", "m"}}), remote(server, {{"a", "m"}})}, options,
                    {silent, alive});
  Results results;
  core.start({float_tensor("x", {1})}, results.done());
  PendingCall call = server.next();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.cancelled == 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(checks > 0);
  REQUIRE(server.cancelled == 1);
  call.done(CallFailure{"cancelled", ""});
  const auto all = results.wait(1);
  CHECK(all[0].failure.is_stalled);
  CHECK(all[0].failure.system == "a");
}

TEST_CASE("What a worker finds silent is not tried again, and named with the worker") {
  FakeServer server;
  PipelineOptions options = two_quick_retries();
  options.stall_timeout_s = 60;
  const HealthCheck alive{"b", [](double, const std::function<void(bool)>& done) { done(true); }};
  PipelineCore core({remote(server, {{"a", "m"}, {"b", "n"}})}, options, {alive});
  Results results;
  core.start({float_tensor("x", {1})}, results.done());
  PendingCall call = server.next();
  CHECK(call.request.stall_timeout_s == 60);
  CallFailure failure{"a cannot reach b: no health check was answered for 60 s", "b", true};
  failure.is_stalled = true;
  failure.observer = "a";
  call.done(failure);
  const auto all = results.wait(1);
  CHECK(all[0].attempts == 1);
  CHECK(all[0].failure.observer == "a");
  CHECK(describe(all[0].failure) == failure.message);
}

TEST_CASE("A system that is silent to a worker and to this process is lost to both") {
  FakeServer server;
  PipelineOptions options = two_quick_retries();
  options.deadline_s = 300;
  options.stall_timeout_s = 2;
  std::atomic<int> checks = 0;
  const HealthCheck silent{"b", [&](double, const std::function<void(bool)>&) { ++checks; }};
  PipelineCore core({remote(server, {{"a", "m"}, {"b", "n"}})}, options, {silent});
  Results results;
  core.start({float_tensor("x", {1})}, results.done());
  PendingCall call = server.next();
  while (checks == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // of 1.6 s
  CallFailure failure{"a cannot reach b", "b", true};
  failure.is_stalled = true;
  failure.observer = "a";
  call.done(failure);
  const auto all = results.wait(1);
  CHECK(all[0].failure.is_stalled);
  CHECK(all[0].failure.observer.empty());
}
