#include <algorithm>
#include <string>
#include <vector>

#include "runtime/fleet.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// Layers 0 and 1 on the box, after a transfer from here. All of the latency is planned.
PlanRun run_of(double transfer_s, double compute_s, double measured_s) {
  PlanRun run;
  run.plan.source = "here";
  run.plan.latency_s = transfer_s + compute_s;
  run.plan.items = {
      {.is_transfer = true, .system = "here", .to = "box", .bytes = 4096, .seconds = transfer_s},
      {.system = "box", .first_layer = 0, .last_layer = 1, .seconds = compute_s}};
  run.planned_interval = Interval{0.99 * run.plan.latency_s, 1.01 * run.plan.latency_s};
  run.summary.requests = run.summary.answered = 20;
  run.summary.latency.median = measured_s;
  run.summary.latency_interval = {0.99 * measured_s, 1.01 * measured_s};
  HopSummary hop;
  hop.from = "here";
  hop.to = "box";
  hop.passing.median = transfer_s;
  hop.compute.median = measured_s - transfer_s;
  run.summary.hops = {hop};
  return run;
}

/// What the box says of itself: two blocks of this time each.
std::string profile_of(double block_s) {
  SystemProfile profile;
  profile.platform = worker_platform;
  profile.name = "box";
  ModelProfile& model = profile.models.emplace_back();
  model.model = "net";
  for (int layer : {0, 1}) {
    BlockTiming timing;
    timing.block = {layer, layer, 100};
    timing.seconds = block_s;
    model.blocks.push_back(timing);
  }
  return format_profile_json(profile);
}

void start_box(Fleet& fleet, double block_s) {
  WorkerOptions options = worker_options("box");
  options.benchmark = [block_s](const BenchmarkJob&) { return profile_of(block_s); };
  fleet.start(std::move(options));
}

GatherOptions options_in(const Scratch& folder) {
  GatherOptions options;
  options.source = "here";
  options.model = "net";
  options.remote_model.name = "net";
  options.folder = folder.path();
  return options;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "a run misses its plan beyond both intervals and 5 %, and by a factor of two where its own is "
    "unknown") {
  CHECK(deviates_from_plan(run_of(0, 1, 1.2)));
  CHECK(deviates_from_plan(run_of(0, 1, 0.8)));
  CHECK_FALSE(deviates_from_plan(run_of(0, 1, 1.04)));
  PlanRun limited = run_of(0, 1, 1.2);
  limited.summary.limit_waits = {{"box", 20, 4}};
  limited.summary.unlimited_median_s = 1;
  limited.summary.unlimited_interval = {0.99, 1.01};
  CHECK_FALSE(deviates_from_plan(limited));
  PlanRun wide = run_of(0, 1, 1.2);
  wide.planned_interval->high = 1.195;
  CHECK_FALSE(deviates_from_plan(wide));
  PlanRun unknown = run_of(0, 1, 1.2);
  unknown.planned_interval.reset();
  CHECK_FALSE(deviates_from_plan(unknown));
  unknown.summary.latency_interval = {2.1, 2.3};
  CHECK(deviates_from_plan(unknown));
  PlanRun switched = run_of(0, 1, 1.2);
  switched.switches.emplace_back();
  CHECK_FALSE(deviates_from_plan(switched));
}

TEST_CASE("a machine that is slower than when it was benchmarked is what a miss is due to") {
  Fleet fleet({});
  start_box(fleet, 100);
  std::vector<PlanRun> runs{run_of(0, 100, 200)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  REQUIRE(runs[0].explanation);
  const PredictionError& error = *runs[0].explanation;
  CHECK(error.error_s == 100);
  REQUIRE(error.machines.size() == 1);
  CHECK(error.machines[0].system == "box");
  CHECK(error.machines[0].remeasured_s == 200.0);
  CHECK(error.machines[0].run_s == 200.0);
  const std::string text = format_explanation(runs[0]);
  CHECK(has(text, "box: 2 times slower than when it was benchmarked: +"));
  CHECK(has(text, "mostly box, which has become slower since"));
  CHECK(has(format_runs_json("net", runs), "\"remeasured_s\": 200.0"));
}

TEST_CASE(
    "a machine that another run uses is not measured again, as that run's requests would wait") {
  Fleet fleet({});
  start_box(fleet, 100);
  Client other(address_of(fleet.workers.at("box")->worker), {}, "other");
  other.renew_lease(60, 30);
  std::vector<PlanRun> runs{run_of(0, 100, 200)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  REQUIRE(runs[0].explanation);
  CHECK_FALSE(runs[0].explanation->machines[0].remeasured_s);
  CHECK(has(format_explanation(runs[0]), "box: not measured again: "));
  CHECK(has(format_explanation(runs[0]), "another run uses this worker"));
  other.end_lease(30);
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  CHECK(runs[0].explanation->machines[0].remeasured_s == 200.0);
}

TEST_CASE("a link that is faster than when it was measured is named with both ends") {
  Fleet fleet({});
  start_box(fleet, 0.5);
  std::vector<PlanRun> runs{run_of(100, 1, 1)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  REQUIRE(runs[0].explanation);
  CHECK(has(format_explanation(runs[0]), "mostly the link here → box, which has become faster"));
}

TEST_CASE("what neither a machine nor a link has changed by is left for the cost model") {
  Fleet fleet({});
  start_box(fleet, 50);
  std::vector<PlanRun> runs{run_of(0, 100, 300)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  REQUIRE(runs[0].explanation);
  CHECK(runs[0].explanation->residual_s == Approx(200).epsilon(0.01));
  const std::string text = format_explanation(runs[0]);
  CHECK(has(text, "box: as planned"));
  CHECK(has(text, "mostly the cost model"));
}

TEST_CASE("a machine that cannot be benchmarked again is named with the reason") {
  const Fleet fleet({"box"});
  std::vector<PlanRun> runs{run_of(0, 100, 300)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder));
  REQUIRE(runs[0].explanation);
  CHECK_FALSE(runs[0].explanation->machines[0].remeasured_s);
  const std::string text = format_explanation(runs[0]);
  CHECK(has(text, "box: not measured again: "));
  CHECK(has(text, "unknown: box was not measured again\n"));
  CHECK_FALSE(has(text, "cost model"));
}

TEST_CASE("a run as planned is not explained, nor one after an interrupt") {
  const Fleet fleet({});
  std::vector<PlanRun> runs{run_of(0, 1, 1.01), run_of(0, 1, 2)};
  attribute_errors(runs, fleet.clients, options_in(fleet.folder), [] { return false; });
  CHECK_FALSE(runs[0].explanation);
  CHECK_FALSE(runs[1].explanation);
  CHECK(format_explanation(runs[0]).empty());
}

TEST_CASE("Runs as text have a table each, a ranking, and the nearness of right answers") {
  std::vector<PlanRun> runs{run_of(0.01, 0.02, 0.03), run_of(0.02, 0.02, 0.05)};
  runs[1].rank = 2;
  const std::string text = format_runs(runs, true, 200);
  CHECK(contains(text, "[1] "));
  CHECK(contains(text, "20 requests, all answered\n"));
  CHECK(contains(text, "plan 1 is the fastest, as planned\n"));
  CHECK(contains(text, "every answer is the whole model's, bit for bit\n"));
  CHECK_FALSE(contains(format_runs(runs, false), "every answer"));
}

TEST_CASE("The first plan with a wrong or a missing answer is the fault of a run") {
  std::vector<PlanRun> runs{run_of(0.01, 0.02, 0.03)};
  CHECK(find_fault(runs).empty());
  runs[0].summary.answered = 18;
  runs[0].summary.failures = {{"box: away", 2}};
  CHECK(find_fault(runs) == "plan 1: 2 of 20 requests were not answered: box: away");
  runs[0].wrong = 1;
  CHECK(contains(find_fault(runs), "1 of 0 answers differ"));
}

TEST_CASE("what every plan needs is indispensable, except for the source") {
  const auto over = [](const std::vector<std::string>& systems) {
    PlanTimeline plan;
    plan.source = "here";
    for (const std::string& system : systems) plan.items.push_back({.system = system});
    return plan;
  };
  const std::vector<PlanTimeline> plans{over({"here", "box", "vm"}), over({"here", "vm"})};
  CHECK(indispensable_systems(plans) == std::vector<std::string>{"vm"});
  CHECK(indispensable_systems({over({"here", "vm"}), over({"here"})}).empty());
}

TEST_CASE("a worker benchmarks several models, and one that fails is left out of its profile") {
  Fleet fleet({});
  WorkerOptions options = worker_options("box");
  options.benchmark = [](const BenchmarkJob& job) {
    if (job.model == "broken") throw Error(ErrorCode::mismatch, "it cannot be measured");
    return profile_of(0.1);
  };
  fleet.start(std::move(options));
  std::vector<std::string> failed;
  int measured = 0;
  const RemoteBenchmarkObserver observer{
      .on_model = [&](const ModelProfile&) { ++measured; },
      .on_failure = [&](const RemoteModel& model, const Error&) { failed.push_back(model.name); }};
  const std::filesystem::path file = fleet.folder.path() / "worker-box.json";
  std::vector<RemoteModel> models(2);
  models[0].name = "broken";
  models[1].name = "net";
  const SystemProfile profile =
      benchmark_models_on_worker("box", *fleet.clients.at("box"), models,
                                 {.platform = worker_platform, .options = {}}, file, observer);
  CHECK(failed == std::vector<std::string>{"broken"});
  CHECK(measured == 1);
  REQUIRE(profile.models.size() == 1);
  CHECK(read_profile(file).models.size() == 1);
}
