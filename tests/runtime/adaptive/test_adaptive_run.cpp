// A whole adaptive run over workers, and the figures of its report.
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

#include <algorithm>
#include <cstring>

#include "base/file.hpp"
#include "runtime/adaptive_scene.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

AdaptiveRecord record(int plan, double sent_s, double latency_s) {
  AdaptiveRecord made;
  made.plan = plan;
  made.sent_s = sent_s;
  made.latency_s = latency_s;
  made.is_answered = true;
  return made;
}

/// Ten requests of 0.1 s each on plan 0, a switch at 10 s that took 1.5 s to deploy, and five of
/// 0.05 s on plan 1, of which the first takes 0.2 s.
AdaptiveReport report_with_switch() {
  AdaptiveReport report;
  report.model = "net";
  report.source = "device";
  report.plans = {"device 0-1", "device 0 → edge 1"};
  for (int i = 0; i < 10; ++i) report.records.push_back(record(0, i, 0.1));
  report.records.back().latency_s = 0.15;  // sent at 9 s, while the next plan is deployed
  for (int i = 0; i < 5; ++i) report.records.push_back(record(1, 11 + i, i == 0 ? 0.2 : 0.05));
  PlanSwitch change;
  change.at_s = 10;
  change.to = 1;
  change.deploy_s = 1.5;
  report.switches = {change};
  return report;
}

std::shared_ptr<const RequestInput> adaptive_input(int number) {
  return std::make_shared<RequestInput>(RequestInput{
      std::to_string(number), {float_tensor("x", {static_cast<float>(number), 9, 0, 0})}, {}});
}

}  // namespace

TEST_CASE("Delays around a switch are told from undisturbed requests") {
  const SwitchDelays delays = switch_delays(report_with_switch());
  CHECK(delays.deploying.requests == 1);
  CHECK(delays.deploying.max == Approx(0.05));
  CHECK(delays.cut_over.requests == 3);  // the first three after it
  CHECK(delays.cut_over.max == Approx(0.15));
  CHECK(delays.undisturbed.requests == 11);
  CHECK(delays.undisturbed.max == Approx(0).margin(1e-9));
}

TEST_CASE("A report counts answers by plan, and wrong ones by the tolerance") {
  AdaptiveReport report = report_with_switch();
  report.records[1].is_answered = false;
  report.records[2].difference = 0.5;
  CHECK(count_answered(report) == 14);
  CHECK(count_wrong(report) == 0);
  report.tolerance = 0.1;
  CHECK(count_wrong(report) == 1);
  const std::vector<PlanLatency> plans = plan_latencies(report);
  REQUIRE(plans.size() == 2);
  CHECK(plans[0].answered == 9);
  CHECK(plans[1].latency.median == Approx(0.05));
  report.monitoring.cpu_s = 0.01;
  CHECK(monitoring_share(report) > 0);
}

TEST_CASE("A report is written as one object, and as a row for each request") {
  AdaptiveReport report = report_with_switch();
  report.records[0].input = "a,b.jpg";
  const std::string json = format_report_json(report);
  CHECK(json.find("\"format\": \"scission-adaptive-run\"") != std::string::npos);
  CHECK(json.find("\"wrong\": null") != std::string::npos);
  const std::string csv = format_report_csv(report);
  CHECK(csv.starts_with("request,input,sent_s,latency_s,"));
  CHECK(csv.find("\n0,\"a,b.jpg\",0.000000,0.100000,") != std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 16);
}

TEST_CASE("A report as text has its plans and switches, and its faults are lines") {
  AdaptiveReport report = report_with_switch();
  const std::string text = format_report(report, 200);
  CHECK(contains(text, "device 0 → edge 1"));
  CHECK(contains(text, "longer than the plan's undisturbed median:\n"));
  CHECK(contains(text, "15 requests, all answered\n"));
  CHECK(find_faults(report).empty());
  report.records.front().is_answered = false;
  report.records.front().failure = "edge: away";
  CHECK(find_faults(report) ==
        std::vector<std::string>{"1 of 15 requests were not answered: edge: away"});
  PlanSwitch change = report.switches.front();
  change.reason = SwitchReason::requested;
  CHECK(format_switch(change, "device 0").starts_with("10.0 s: plan 2, device 0: requested; "));
  change.reason = SwitchReason::faster;
  change.running_objective = 0.0137;
  change.best_objective = 0.01;
  CHECK(contains(format_switch(change, "device 0"), " device 0: 37 % faster; deployed in "));
}

TEST_CASE("The class of an answer is the index of its largest number") {
  CHECK(index_of_largest({float_tensor("y", {1, 3, 2, 3})}) == 1);
  CHECK(index_of_largest({}) == -1);
  Tensor whole = float_tensor("y", {1, 2});
  whole.dtype = "int64";
  CHECK(index_of_largest({whole}) == -1);
}

TEST_CASE("A run sends until its inputs end, its count is reached or it is stopped") {
  AdaptiveScene scene;
  int next = 0;
  int end = 4;
  AdaptiveRunOptions run;
  run.warmup = 1;
  run.next_input = [&]() -> std::shared_ptr<const RequestInput> {
    return next < end ? adaptive_input(next++) : nullptr;
  };
  std::vector<Plan> started;
  run.on_start = [&](const Plan& plan) { started.push_back(plan); };
  run.difference = [](const std::vector<Tensor>&, const std::vector<Tensor>&) { return 0.25; };
  const auto send = [&] {
    return run_adaptive(two_blocks(), any_way(), scene.callbacks(), AdaptiveScene::options(), run);
  };
  const AdaptiveReport whole = send();
  REQUIRE(whole.records.size() == 4);
  CHECK(count_answered(whole) == 4);
  CHECK(whole.records[2].input == "2");
  CHECK(whole.records[2].largest == 1);
  CHECK(whole.records[2].difference == 0.25);
  CHECK(whole.model == "net");
  CHECK(whole.source == "here");
  REQUIRE(!started.empty());
  CHECK(started[0] == all_on_a);
  CHECK(whole.plans[0] == "a 0-1");

  end = 1000;
  run.count = 2;
  run.concurrency = 2;
  CHECK(send().records.size() == 2);
  run.count.reset();
  run.should_continue = [] { return false; };
  CHECK(send().records.empty());
}

TEST_CASE("A run writes its plans, requests and estimates as events, and why plans changed") {
  AdaptiveScene scene;
  const Scratch scratch;
  AdaptiveRunOptions run;
  run.warmup = 0;
  run.rehearsed = {all_on_a, all_on_b};
  run.rehearse_every_s = 0.001;
  run.events = std::make_shared<RunEventLog>(scratch.path() / "run.jsonl", "net");
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  int sent = 0;
  run.next_input = [&] { return adaptive_input(sent++); };
  const auto written = [&] { return read_file(scratch.path() / "run.jsonl"); };
  run.should_continue = [&] { return !contains(written(), R"("requested")") && sent < 100'000; };
  run_adaptive(two_blocks(), any_way(), scene.callbacks(), options, run);
  const std::string text = written();
  CHECK(text.starts_with(R"({"event":"start",)"));
  CHECK(contains(text, R"({"from":"a","to":"b","ping_ms":8.0,"megabits_per_s":100.0})"));
  CHECK(contains(text, R"("plan":1,"route":"a 0-1","source":"here","why":"first")"));
  CHECK(contains(text, R"("why":"requested")"));
  CHECK(contains(text, R"("estimates":[{"system":"here","factor":1.0,)"));
  CHECK(occurrences(text, R"("event":"sent")") == sent);
  CHECK(occurrences(text, R"("event":"answered")") == sent);
}

TEST_CASE("An input that cannot be read ends a run with its error, after what was sent") {
  AdaptiveScene scene;
  AdaptiveRunOptions run;
  run.warmup = 0;
  int next = 0;
  run.next_input = [&]() -> std::shared_ptr<const RequestInput> {
    if (next == 2) throw Error(ErrorCode::not_found, "is missing", "picture.jpg");
    return adaptive_input(next++);
  };
  CHECK_ERROR(
      run_adaptive(two_blocks(), any_way(), scene.callbacks(), AdaptiveScene::options(), run),
      ErrorCode::not_found, "picture.jpg");
}

TEST_CASE("A run rehearses switches between plans") {
  AdaptiveScene scene;
  AdaptiveRunOptions run;
  run.warmup = 0;
  run.rehearsed = {all_on_a, all_on_b};
  run.rehearse_every_s = 0.001;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  int sent = 0;
  run.next_input = [&] { return adaptive_input(sent++); };
  run.should_continue = [&] { return scene.made < 2 && sent < 100'000; };
  const AdaptiveReport report =
      run_adaptive(two_blocks(), any_way(), scene.callbacks(), options, run);
  CHECK(scene.made >= 2);
  CHECK(count_answered(report) == static_cast<int>(report.records.size()));
}
