// The lines that a run writes as it happens.
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/numbers.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using nlohmann::json;

std::vector<json> lines_of(const std::filesystem::path& file) {
  std::vector<json> lines;
  const std::string text = read_file(file);
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    lines.push_back(json::parse(text.substr(begin, text.find('\n', begin) - begin)));
  }
  return lines;
}

PlanTimeline some_plan() {
  PlanTimeline plan;
  plan.source = "pi";
  plan.latency_s = 0.03;
  plan.items = {{.system = "pi", .first_layer = 0, .last_layer = 2, .seconds = 0.01},
                {.is_transfer = true, .system = "pi", .to = "box", .bytes = 1000, .seconds = 0.01},
                {.system = "box", .first_layer = 3, .last_layer = 7, .seconds = 0.01}};
  return plan;
}

}  // namespace

TEST_CASE("each event of a run is a whole line in its file when the call returns") {
  const Scratch scratch;
  const auto file = scratch.path() / "run.jsonl";
  {
    RunEventLog log(file, "net");
    log.start({"pi", "box"}, {{"pi", "box", Link{2, 50}}});
    log.plan(1, some_plan(), "first");
    const int request = log.sent();
    CHECK(lines_of(file).size() == 3);
    PipelineResult result;
    result.is_answered = true;
    result.latency_s = 1e-9;  // less than its parts: they are scaled
    result.hops.resize(2);
    result.hops[0].from = result.hops[0].to = result.hops[1].from = "pi";
    result.hops[1].to = "box";
    result.hops[1].compute_s = 2;
    result.hops[1].transfer_s = 2;
    log.answered(request, 1, result);
    log.estimates({{"pi", "", 1.5, 0.1}, {"pi", "box", infinity, 0.2, true}}, infinity);
    CHECK(log.failure().empty());
  }
  const std::vector<json> lines = lines_of(file);
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].at("format") == "scission-events");
  CHECK(lines[0].at("links").at(0).at("megabits_per_s") == 50);
  CHECK(lines[1].at("route") == "pi 0-2 → box 3-7");
  CHECK(lines[1].at("items").at(1).at("to") == "box");
  CHECK(lines[2].at("request") == 1);
  CHECK(lines[3].at("hops").at(1).at("compute_s").get<double>() == Approx(0.5e-9));
  CHECK_FALSE(lines[3].contains("failure"));
  CHECK(lines[4].at("expected_latency_s").is_null());
  CHECK(lines[4].at("estimates").at(1).at("is_lost") == true);
  CHECK(lines[5].at("event") == "end");
}

TEST_CASE("a request without an answer is an event with its failure") {
  const Scratch scratch;
  const auto file = scratch.path() / "run.jsonl";
  RunEventLog log(file, "net");
  PipelineResult result;
  result.failure.message = "away \xff";
  log.answered(log.sent(), 2, result);
  CHECK(contains(lines_of(file).at(1).at("failure").get<std::string>(), "away"));
}

TEST_CASE("events of several threads are whole lines with different requests") {
  const Scratch scratch;
  const auto file = scratch.path() / "run.jsonl";
  RunEventLog log(file, "net");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) log.answered(log.sent(), 1, {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(lines_of(file).size() == 400);
  CHECK(log.sent() == 201);
}

TEST_CASE("the file of a run that did not start has no end") {
  const Scratch scratch;
  const std::filesystem::path file = scratch.path() / "run.jsonl";
  { const RunEventLog log(file, "net"); }
  CHECK(lines_of(file).empty());
}

TEST_CASE("events that cannot be written end no run") {
  const Scratch scratch;
  CHECK_ERROR(RunEventLog(scratch.path() / "none" / "run.jsonl", "net"), ErrorCode::io,
              "run.jsonl: cannot be written");
  std::vector<std::string> warnings;
  RunEventLog log("/dev/full", "net", [&](const std::string& why) { warnings.push_back(why); });
  log.sent();
  CHECK(warnings == std::vector<std::string>{log.failure()});
  CHECK(contains(log.failure(), "/dev/full: cannot be written"));
  CHECK(log.sent() == 2);
}
