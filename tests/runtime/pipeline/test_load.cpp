#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;

namespace {

using Done = std::function<void(PipelineResult)>;

PipelineResult answer() {
  PipelineResult result;
  result.is_answered = true;
  return result;
}

void answer_at_once(const Done& done) { done(answer()); }

/// Answers each request from a thread of its own.
class Answerers {
 public:
  ~Answerers() {
    for (std::thread& thread : threads_) thread.join();
  }

  void answer_later(Done done) {
    threads_.emplace_back([done = std::move(done)] { done(answer()); });
  }

  std::size_t count() const { return threads_.size(); }

 private:
  std::vector<std::thread> threads_;
};

PipelineResult answer_of(const std::string& system, double latency_s) {
  PipelineResult result = answer();
  result.latency_s = latency_s;
  HopTiming hop;
  hop.to = system;
  hop.compute_s = latency_s;
  result.hops = {hop};
  return result;
}

PipelineResult failure_of(const std::string& system, const std::string& message) {
  PipelineResult result;
  result.latency_s = 0.001;
  result.failure.system = system;
  result.failure.message = message;
  return result;
}

}  // namespace

TEST_CASE("Latencies are those of all requests, also of those that other stages answered") {
  LoadReport report;
  for (int i = 0; i < 6; ++i) report.results.push_back(answer_of("box", 1));
  for (int i = 0; i < 4; ++i) report.results.push_back(answer_of("cloud", 30));
  const RunSummary summary = summarise(report);
  CHECK(summary.latency.median == 1);
  CHECK(summary.latency.p95 == 30);
  CHECK(summary.latency.p99 == 30);
  REQUIRE(summary.hops.size() == 1);
  CHECK(summary.hops[0].to == "box");
  CHECK(summary.hops[0].requests == 6);
  CHECK(summary.hops[0].compute.p99 == 1);
  CHECK(summary.failures.empty());
}

TEST_CASE("Early answers are counted, and the hops are those of the others") {
  LoadReport report;
  for (int i = 0; i < 3; ++i) {
    report.results.push_back(answer_of("device", 1));
    report.results.back().is_early = true;
  }
  report.results.push_back(answer_of("cloud", 30));
  const RunSummary summary = summarise(report);
  CHECK(summary.early == 3);
  CHECK(summary.answered == 4);
  CHECK(summary.latency.median == 1);
  REQUIRE(summary.hops.size() == 1);
  CHECK(summary.hops[0].to == "cloud");
  CHECK(summary.hops[0].requests == 1);
  CHECK(summary.hops[0].early == 0);  // they were at another system
  CHECK(summary.mean_latency_s == 33.0 / 4);
}

TEST_CASE("Early answers are counted by the stage in which they ended") {
  LoadReport report;
  for (int i = 0; i < 3; ++i) {
    report.results.push_back(answer_of("device", 1));
    report.results.back().is_early = true;
  }
  report.results.push_back(answer_of("device", 30));
  report.results.back().hops.push_back({.from = "device", .to = "cloud"});
  const RunSummary summary = summarise(report);
  REQUIRE(summary.hops.size() == 2);
  CHECK(summary.hops[0].early == 3);
  CHECK(summary.hops[1].early == 0);
}

TEST_CASE("A run's hops are predicted for requests that take no exit") {
  PlanTimeline plan;
  plan.items = {
      {.system = "device", .seconds = 1, .without_exit_s = 1},
      {.is_transfer = true, .system = "device", .to = "box", .seconds = 1, .without_exit_s = 2},
      {.system = "box", .seconds = 3}};
  const std::vector<HopPrediction> hops = predicted_hops(plan);
  REQUIRE(hops.size() == 2);
  CHECK(hops[1].transfer_s == 2);
  CHECK(hops[1].compute_s == 3);
}

TEST_CASE("The answer's way back is predicted as part of the last hop, which contains it") {
  PlanTimeline plan;
  plan.items = {{.system = "device", .seconds = 1},
                {.is_transfer = true, .system = "device", .to = "box", .seconds = 2},
                {.system = "box", .seconds = 3},
                {.is_transfer = true, .system = "box", .to = "device", .seconds = 4}};
  const std::vector<HopPrediction> hops = predicted_hops(plan);
  REQUIRE(hops.size() == 2);
  CHECK(hops[1].transfer_s == 6);
  CHECK(hops[1].compute_s == 3);
}

TEST_CASE("A request without an answer takes longer than all others, however soon it failed") {
  LoadReport report;
  for (int i = 0; i < 97; ++i) report.results.push_back(answer_of("box", 1));
  for (int i = 0; i < 3; ++i) report.results.push_back(failure_of("box", "unreachable"));
  const RunSummary summary = summarise(report);
  CHECK(summary.answered == 97);
  CHECK(summary.latency.median == 1);
  CHECK(summary.latency.p95 == 1);
  CHECK(std::isinf(summary.latency.p99));
  CHECK(summary.hops[0].compute.p99 == 1);
}

TEST_CASE("Failures are counted by system and cause, the most frequent first") {
  LoadReport report;
  report.results = {failure_of("b", "no answer within 0.5 s"), failure_of("c", "unreachable"),
                    failure_of("b", "no answer within 0.7 s"), answer(), failure_of("", "stopped")};
  const std::vector<FailureCount> failures = summarise(report).failures;
  REQUIRE(failures.size() == 3);
  CHECK(failures[0].cause == "b: no answer within 0.5 s");
  CHECK(failures[0].requests == 2);
  CHECK(failures[1].cause == "c: unreachable");
  CHECK(failures[2].cause == "stopped");
  CHECK(format_failures(failures) ==
        "2 × b: no answer within 0.5 s; 1 × c: unreachable; 1 × stopped");
  CHECK(format_failures({{"b: unreachable", 9}}) == "b: unreachable");
}

TEST_CASE("A load test reports every request except those of the warm-up") {
  LoadOptions options;
  options.count = 7;
  options.warmup = 2;
  options.concurrency = GENERATE(1, 3);
  options.requests_per_s = GENERATE(0.0, 1000.0);
  int results = 0;
  std::vector<int> progress;
  options.on_result = [&](const PipelineResult& result) { results += result.is_answered ? 1 : 0; };
  options.on_progress = [&](int done, int /*total*/) { progress.push_back(done); };
  Answerers answerers;
  const LoadReport report =
      run_load([&](Done done) { answerers.answer_later(std::move(done)); }, options);
  CHECK(answerers.count() == 9);
  CHECK(report.results.size() == 7);
  CHECK(results == 7);
  CHECK(progress == std::vector<int>{1, 2, 3, 4, 5, 6, 7});
  CHECK(report.throughput > 0);
}

TEST_CASE("A send that throws ends the load test when all requests are answered") {
  LoadOptions options;
  options.warmup = 0;
  options.concurrency = 4;
  options.requests_per_s = GENERATE(0.0, 1000.0);
  Answerers answerers;
  CHECK_THROWS_WITH(run_load(
                        [&](Done done) {
                          if (answerers.count() == 3) throw std::runtime_error("no more pictures");
                          answerers.answer_later(std::move(done));
                        },
                        options),
                    "no more pictures");
  CHECK(answerers.count() == 3);
}

TEST_CASE("An exception of on_result ends the load test") {
  LoadOptions options;
  options.warmup = 0;
  options.on_result = [](const PipelineResult&) { throw std::runtime_error("wrong"); };
  int sent = 0;
  CHECK_THROWS_WITH(run_load(
                        [&](const Done& done) {
                          ++sent;
                          answer_at_once(done);
                        },
                        options),
                    "wrong");
  CHECK(sent == 1);
}

TEST_CASE("An exception of should_continue ends the load test") {
  LoadOptions options;
  options.warmup = 0;
  options.concurrency = 4;
  Answerers answerers;
  options.should_continue = [&]() -> bool {
    if (answerers.count() == 3) throw std::runtime_error("enough");
    return true;
  };
  CHECK_THROWS_WITH(run_load([&](Done done) { answerers.answer_later(std::move(done)); }, options),
                    "enough");
}

TEST_CASE("A load test that is stopped reports the requests sent until then") {
  LoadOptions options;
  options.warmup = 1;
  options.requests_per_s = GENERATE(0.0, 1000.0);
  int sent = 0;
  options.should_continue = [&] { return sent < 5; };
  const LoadReport report = run_load(
      [&](const Done& done) {
        ++sent;
        answer_at_once(done);
      },
      options);
  CHECK(report.results.size() == 4);  // and the warm-up
}

TEST_CASE("Waits for client limits are counted by system, and left out of what a plan predicts") {
  LoadReport report;
  for (int i = 0; i < 4; ++i) {
    PipelineResult result = answer_of("box", i < 3 ? 3.0 : 1.0);
    if (i < 3) result.limit_waits_s = {{"box", 1.5}, {"cloud", 0.5}};
    report.results.push_back(result);
  }
  const RunSummary summary = summarise(report);
  CHECK(summary.latency.median == 3);
  CHECK(summary.unlimited_median_s == 1);
  CHECK(summary.unlimited_interval.high == 1);
  CHECK(format_limit_waits(summary.limit_waits) ==
        "3 requests waited for the client limit of box: 4.50 s\n"
        "3 requests waited for the client limit of cloud: 1.50 s\n");
  CHECK(format_limit_waits({{"box", 1, 2}}) ==
        "1 request waited for the client limit of box: 2.00 s\n");
  CHECK(format_limit_waits({}).empty());
}

TEST_CASE("A load test that is stopped leaves out what a client limit had held back until then") {
  LoadOptions options;
  options.warmup = 0;
  int sent = 0;
  options.should_continue = [&] { return sent < 3; };
  const LoadReport report = run_load(
      [&](const Done& done) {
        PipelineResult result = ++sent == 3 ? failure_of("box", "above its limit") : answer();
        if (sent == 3) result.failure.retry_after_s = 60;
        done(std::move(result));
      },
      options);
  CHECK(report.results.size() == 2);
  CHECK(report.due_s.size() == 2);
}

TEST_CASE("A load test can be stopped while no request is due") {
  LoadOptions options;
  options.warmup = 0;
  options.requests_per_s = 1e-6;  // the second one is due in days
  int asked = 0;
  options.should_continue = [&] { return ++asked < 4; };
  CHECK(run_load(answer_at_once, options).results.size() == 1);
}

TEST_CASE("A load test idles before each request, also before warm-up requests") {
  LoadOptions options;
  options.count = 2;
  options.warmup = 1;
  options.pause_s = 0.01;
  using Clock = std::chrono::steady_clock;
  Clock::time_point idle_since = Clock::now();
  double shortest_s = 1;
  const auto send = [&](const Done& done) {
    const std::chrono::duration<double> idle = Clock::now() - idle_since;
    shortest_s = std::min(shortest_s, idle.count());
    idle_since = Clock::now();
    done(answer());
  };
  CHECK(run_load(send, options).results.size() == 2);
  CHECK(shortest_s >= options.pause_s);
}

TEST_CASE("A load test that is stopped before its first request reports none") {
  LoadOptions options;
  options.should_continue = [] { return false; };
  const LoadReport report = run_load(answer_at_once, options);
  CHECK(report.results.empty());
  CHECK(report.elapsed_s == 0);
  CHECK(report.throughput == 0);
}

TEST_CASE("Options of load tests out of range are refused") {
  LoadOptions options;
  SECTION("count") { options.count = 0; }
  SECTION("warm-up") { options.warmup = -1; }
  SECTION("concurrency") { options.concurrency = 0; }
  SECTION("under way") { options.max_in_flight = 0; }
  SECTION("rate") { options.requests_per_s = -1; }
  SECTION("pause") { options.pause_s = -1; }
  SECTION("pause at a rate") { options.pause_s = options.requests_per_s = 1; }
  CHECK_ERROR(run_load(answer_at_once, options), ErrorCode::invalid_argument, "");
}

TEST_CASE("A load test at a rate tells when each request was due") {
  LoadOptions options;
  options.count = 4;
  options.requests_per_s = 1000;
  LoadReport report = run_load(answer_at_once, options);
  REQUIRE(report.due_s.size() == 4);
  CHECK(report.due_s[0] == 0);
  CHECK(std::abs(report.due_s[3] - 0.003) < 1e-6);
  const double elapsed_s = report.elapsed_s;
  append(report, run_load(answer_at_once, options));
  REQUIRE(report.due_s.size() == 8);
  CHECK(report.due_s[4] == elapsed_s);
}

TEST_CASE("A row for each request tells when it was due and answered, and why not") {
  PlanRun run;
  run.rank = 2;
  run.requests = {{0.2, 0.0125, 1, true, {"a", "b"}, ""},
                  {0.4, 30, 4, false, {}, "b: away, for long"}};
  run.requests[0].rank = 2;
  run.requests[1].rank = 3;  // a failover has gone on with the next plan
  CHECK(format_requests_csv({run}) ==
        "rank,due_s,latency_s,attempts,answered,systems,failure\n"
        "2,0.200000,0.012500,1,1,a b,\n"
        "3,0.400000,30.000000,4,0,,\"b: away, for long\"\n");
}
