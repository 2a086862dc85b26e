#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;

namespace {

using nlohmann::json;

HopTiming hop(const std::string& from, const std::string& to, double unit_s) {
  HopTiming timing;
  timing.from = from;
  timing.to = to;
  timing.bytes = 1000;
  timing.serialise_s = unit_s;
  timing.encode_s = 2 * unit_s;
  timing.transfer_s = 3 * unit_s;
  timing.deserialise_s = 4 * unit_s;
  timing.decode_s = 5 * unit_s;
  timing.queue_s = 6 * unit_s;
  timing.compute_s = 7 * unit_s;
  timing.codec = "int8";
  return timing;
}

RequestRecord request(const std::string& id, double due_s, double latency_s,
                      std::vector<HopTiming> hops) {
  RequestRecord record;
  record.id = id;
  record.due_s = due_s;
  record.latency_s = latency_s;
  record.is_answered = true;
  record.hops = std::move(hops);
  return record;
}

/// Two plans; requests of the first one overlap, and one of them has no answer.
std::vector<PlanRun> some_runs() {
  std::vector<PlanRun> runs(2);
  runs[0].plan.source = "pi \"1\"";
  const std::vector<HopTiming> hops{hop("pi \"1\"", "edge", 1.1e-3), hop("edge", "cloud", 0.7e-3)};
  runs[0].requests = {request("a-1", 0, 0.0512, hops), request("a-2", 0.01, 0.0731, hops),
                      request("a-3", 0.012, 0.0504 - 1e-7, hops)};
  runs[0].requests[1].hops.clear();
  runs[0].requests[1].is_answered = false;
  runs[0].requests[1].failure = "edge: away\n";
  runs[1].rank = 2;
  runs[1].plan.source = "pi \"1\"";
  HopTiming local;
  local.from = local.to = "pi \"1\"";
  local.compute_s = 1.0 / 3;
  runs[0].requests[2].rank = 3;  // a failover has gone on with that plan
  runs[1].requests = {request("a-4", 0.25, 0.5, {local})};
  return runs;
}

struct Row {
  std::vector<std::pair<double, double>> spans;  ///< begin and end, in microseconds
};

}  // namespace

TEST_CASE("A trace's spans of a request last as long as its latency, from when it was due") {
  const std::vector<PlanRun> runs = some_runs();
  const json trace = json::parse(format_trace_json(runs));
  std::map<std::string, double> sums_us;
  std::map<std::string, double> begins_us;
  std::map<std::string, std::map<std::string, double>> by_name_us;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    const std::string id = event.at("args").at("request");
    const double begin = event.at("ts");
    sums_us[id] += event.at("dur").get<double>();
    by_name_us[id][event.at("name")] += event.at("dur").get<double>();
    begins_us[id] = begins_us.contains(id) ? std::min(begins_us[id], begin) : begin;
  }
  REQUIRE(sums_us.size() == 4);
  for (const PlanRun& run : runs) {
    for (const RequestRecord& record : run.requests) {
      CAPTURE(record.id);
      CHECK(std::abs(sums_us.at(record.id) - record.latency_s * 1e6) < 0.1);
    }
  }
  CHECK(begins_us.at("a-2") == Approx(10'000));
  CHECK(by_name_us.at("a-1").at("queue") == Approx(6 * 1800).epsilon(1e-4));
  CHECK(by_name_us.at("a-1").at("compute") == Approx(7 * 1800).epsilon(1e-4));
  CHECK(by_name_us.at("a-1").at("wait") == Approx(51'200 - 28 * 1800).epsilon(1e-4));
  CHECK(by_name_us.at("a-2").size() == 1);
  // The second run follows the first one.
  CHECK(begins_us.at("a-4") == Approx(83'100 + 250'000).epsilon(1e-4));
}

TEST_CASE("A trace names the plan that each request was answered by") {
  std::map<std::string, int> plans;
  const json trace = json::parse(format_trace_json(some_runs()));
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") plans[event.at("args").at("request")] = event.at("args").at("plan");
  }
  CHECK(plans == std::map<std::string, int>{{"a-1", 1}, {"a-2", 1}, {"a-3", 3}, {"a-4", 1}});
}

TEST_CASE("A trace has a row for each machine and link, and spans on a row do not overlap") {
  const json trace = json::parse(format_trace_json(some_runs()));
  std::map<std::pair<int, int>, Row> rows;
  std::map<int, std::string> names;
  for (const json& event : trace.at("traceEvents")) {
    const int owner = event.at("pid");
    if (event.at("name") == "process_name") names[owner] = event.at("args").at("name");
    if (event.at("ph") != "X") continue;
    const double begin = event.at("ts");
    rows[{owner, event.at("tid").get<int>()}].spans.emplace_back(
        begin, begin + event.at("dur").get<double>());
  }
  std::vector<std::string> found;
  for (const auto& [owner, name] : names) found.push_back(name);
  CHECK(found ==
        std::vector<std::string>{"pi \"1\"", "pi \"1\" → edge", "edge", "edge → cloud", "cloud"});
  for (auto& [key, row] : rows) {
    std::sort(row.spans.begin(), row.spans.end());
    for (std::size_t i = 1; i < row.spans.size(); ++i) {
      CHECK(row.spans[i].first >= row.spans[i - 1].second - 1e-6);
    }
  }
}

TEST_CASE("A trace of no requests is a valid one") {
  CHECK(json::parse(format_trace_json({})).at("traceEvents").empty());
}
