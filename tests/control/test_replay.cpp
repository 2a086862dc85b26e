#include <algorithm>
#include <numeric>
#include <string>

#include "scission/control.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/two_ways.hpp"

using namespace scission;
using testing::two_ways;
using testing::two_ways_query;

namespace {

// The edge takes 0.41 s at 10 Mbit/s; the device always 3 s.
constexpr double edge_s = 0.41;
constexpr double device_s = 3;

/// A rate of the link for each second.
ConditionTrace rates(const std::vector<double>& megabits) {
  ConditionTrace trace;
  trace.columns = {{ConditionColumn::Kind::rate, "pi", "box"}};
  for (const double rate : megabits) {
    trace.times_s.push_back(static_cast<double>(trace.times_s.size()));
    trace.values.push_back({rate});
  }
  return trace;
}

/// `first` rows of one rate, then `second` of another, and so on.
ConditionTrace phases(const std::vector<std::pair<int, double>>& parts) {
  std::vector<double> megabits;
  for (const auto& [count, rate] : parts) megabits.insert(megabits.end(), count, rate);
  return rates(megabits);
}

ReplayResult replay_of(const ConditionTrace& trace, ReplayOptions options = {}) {
  options.request_every_s = 1;
  return replay(two_ways(), two_ways_query(), trace, options);
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("under constant conditions all strategies do the same") {
  const ReplayResult result = replay_of(phases({{50, 10}}));
  CHECK(result.times_s.size() == 50);
  CHECK(result.plans.size() == 1);
  CHECK(result.oracle.total_s == Approx(50 * edge_s));
  for (const auto* one : {&result.controller, &result.naive, &result.fixed}) {
    CHECK(one->regret == Approx(0).margin(1e-12));
    CHECK(one->switches == 0);
    CHECK(sum(one->latencies_s) == Approx(one->total_s));
  }
}

TEST_CASE("the oracle always has the best plan and the static best has one plan") {
  // 0.2 Mbit/s: 5.31 s over the edge.
  const ReplayResult result = replay_of(phases({{60, 10}, {30, 0.2}, {60, 10}}));
  CHECK(result.oracle.total_s == Approx(120 * edge_s + 30 * device_s));
  CHECK(result.oracle.switches == 2);
  CHECK(result.fixed.total_s == Approx(120 * edge_s + 30 * 5.31));
  CHECK(result.fixed.switches == 0);
  // One request late after each change, and a millisecond for each switch.
  CHECK(result.naive.total_s ==
        Approx(result.oracle.total_s + (5.31 - device_s) + (device_s - edge_s) + 0.002));
  CHECK(result.naive.switches == 2);
  CHECK(result.naive.downtime_s == Approx(0.002));
  CHECK(result.controller.switches >= 2);
  CHECK(result.controller.regret < result.fixed.regret);
}

TEST_CASE("the cost of a switch counts as latency") {
  ReplayOptions options;
  options.switch_s = 6;
  const ReplayResult result = replay_of(phases({{60, 10}, {60, 0.2}}), options);
  CHECK(result.naive.downtime_s == Approx(6));
  CHECK(result.controller.downtime_s == Approx(6.0 * result.controller.switches));
  CHECK(result.oracle.downtime_s == 0);
}

TEST_CASE("an outage costs a timeout and another plan until a probe finds the link again") {
  const ReplayResult result = replay_of(phases({{20, 10}, {5, 0}, {20, 10}}));
  CHECK(result.unservable == 0);
  CHECK(result.oracle.total_s == Approx(40 * edge_s + 5 * device_s));
  CHECK(result.controller.timeouts == 1);
  CHECK(result.controller.switches == 2);
  CHECK(result.controller.downtime_s == Approx(0.502));
  CHECK(result.controller.probes >= 1);
  CHECK(result.fixed.timeouts == 5);
  CHECK(result.fixed.total_s == Approx(result.oracle.total_s + 5 * 0.5));
}

TEST_CASE("a system that is down cannot be reached") {
  ConditionTrace trace = phases({{20, 1}, {5, 0}, {20, 1}});
  trace.columns = {{ConditionColumn::Kind::slowdown, "box"}};
  const ReplayResult result = replay_of(trace);
  CHECK(result.oracle.total_s == Approx(40 * edge_s + 5 * device_s));
  CHECK(result.controller.timeouts >= 1);
  CHECK(result.controller.latencies_s.back() == Approx(edge_s));
}

TEST_CASE("requests that no plan could serve are counted separately") {
  Query query = two_ways_query();
  query.constraints["edge"].criteria.is_used = true;
  ReplayOptions options;
  options.request_every_s = 1;
  const ConditionTrace trace = phases({{20, 10}, {5, 0}, {20, 10}});
  const ReplayResult result = replay(two_ways(), query, trace, options);
  CHECK(result.unservable == 5);
  CHECK(result.times_s.size() == 40);
  CHECK(result.controller.latencies_s.size() == 40);
  CHECK(result.controller.regret == Approx(0).margin(1e-9));
}

TEST_CASE("jitter is the same for all strategies and unknown to the oracle") {
  ReplayOptions options;
  options.jitter = 0.2;
  const ConditionTrace trace = phases({{1000, 10}});
  const ReplayResult result = replay_of(trace, options);
  CHECK(result.controller.switches == 0);
  CHECK(result.controller.latencies_s == result.oracle.latencies_s);
  CHECK(result.oracle.mean_s() == Approx(edge_s).epsilon(0.03));
  options.seed = 2;
  CHECK(replay_of(trace, options).oracle.latencies_s != result.oracle.latencies_s);
}

TEST_CASE("a platform's name in a trace stands for its systems") {
  ConditionTrace trace = phases({{10, 10}, {10, 5}});
  const ReplayResult by_name = replay_of(trace);
  trace.columns = {{ConditionColumn::Kind::rate, "device", "edge"}};
  CHECK(replay_of(trace).oracle.latencies_s == by_name.oracle.latencies_s);
}

TEST_CASE("along generated traces the controller stays near the oracle and beats the static best") {
  ConditionTraceOptions made;
  made.has_steps = made.has_ramps = made.has_outages = true;
  made.duration_s = 1200;
  PartitionProblem problem = two_ways();
  problem.block_s[0] = {0.2, 0.2, 0.2};  // so that now the device is the better one, now the edge
  double controller = 0;
  double fixed = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    made.seed = seed;
    ReplayOptions options;
    options.timeout_s = 0.1;
    const ReplayResult result =
        replay(problem, two_ways_query(), generate_condition_trace(problem, made), options);
    controller += result.controller.regret / 5;
    fixed += result.fixed.regret / 5;
    CHECK(result.oracle.total_s <= result.controller.total_s);
    CHECK(result.oracle.total_s <= result.fixed.total_s);
  }
  CHECK(controller < 0.1);
  CHECK(controller < fixed);
}

TEST_CASE("invalid replays are refused") {
  const auto invalid = ErrorCode::invalid_argument;
  ConditionTrace trace = phases({{2, 10}});
  ReplayOptions options;
  options.jitter = -1;
  CHECK_ERROR(replay_of(trace, options), invalid, "jitter");
  options = {};
  options.controller.horizon_s = -1;
  CHECK_ERROR(replay_of(trace, options), invalid, "horizon_s");
  Query query = two_ways_query();
  query.objective = single_objective(Metric::traffic);
  CHECK_ERROR(replay(two_ways(), query, trace), invalid, "objective");
  CHECK_ERROR(replay_of(ConditionTrace{}), invalid, "no row");
  trace.columns = {{ConditionColumn::Kind::slowdown, "phone"}};
  CHECK_ERROR(replay_of(trace), invalid, "slowdown:phone");
  trace.columns = {{ConditionColumn::Kind::rate, "box", "pi"}};
  CHECK_ERROR(replay_of(trace), invalid, "link:box->pi:mbit");
  options = {};
  options.request_every_s = 1e-9;
  CHECK_ERROR(replay(two_ways(), two_ways_query(), phases({{2, 10}}), options), invalid, "10^7");
}

TEST_CASE("a replay is written as an object and as a row for each request") {
  const PartitionProblem problem = two_ways();
  const ReplayResult result = replay(problem, two_ways_query(), rates({10, 10, 0.1, 10}), {});
  const std::string json = format_replay_json(problem, two_ways_query(), result, {});
  CHECK(json.find("\"format\": \"scission-replay\"") != std::string::npos);
  CHECK(json.find("\"name\": \"controller\"") != std::string::npos);
  const std::string csv = format_replay_csv(problem, result);
  CHECK(csv.starts_with("time_s,oracle_s,controller_s,naive_s,static_s,"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == static_cast<long>(result.times_s.size()) + 1);
  CHECK(count_plans(result.oracle) == 2);
}
