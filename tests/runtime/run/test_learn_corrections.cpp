#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;

namespace {

struct StageRun {
  std::string system;
  double planned_s = 0;
  double measured_s = 0;
};

/// With transfers in between, which teach nothing of systems.
PlanRun run_of(const std::vector<StageRun>& stages) {
  PlanRun run;
  run.plan.source = "pi";
  int layer = 0;
  for (const StageRun& stage : stages) {
    run.plan.items.push_back({.is_transfer = true, .system = "x", .to = "y", .seconds = 7});
    run.plan.items.push_back({.system = stage.system,
                              .first_layer = layer,
                              .last_layer = layer,
                              .seconds = stage.planned_s});
    ++layer;
    HopSummary hop;
    hop.compute.median = stage.measured_s;
    run.summary.hops.push_back(hop);
  }
  return run;
}

}  // namespace

TEST_CASE("long stages teach a system's factor") {
  const std::vector<PlanRun> runs{run_of({{"pi", 1, 1.5}, {"vm", 2, 1}}),
                                  run_of({{"pi", 3, 4.5}, {"box", 1, 1}})};
  const Corrections learned = learn_corrections("net", runs);
  REQUIRE(learned.systems.size() == 3);
  CHECK(learned.of("box").factor == Approx(1));
  CHECK(learned.of("pi").factor == Approx(1.5).epsilon(0.02));
  CHECK(learned.of("pi").stage_s < 1e-3);
  CHECK(learned.of("pi").stages == 2);
  CHECK(learned.of("vm").factor == Approx(0.5).epsilon(0.02));
}

TEST_CASE(
    "nothing is learned of systems that were benchmarked with another pause than they ran with") {
  const std::vector<PlanRun> runs{run_of({{"pi", 1, 1.5}, {"vm", 2, 1}, {"box", 1, 2}})};
  const std::vector<PlanTimeline> plans{runs[0].plan};
  const std::map<std::string, double> pauses_s{{"pi", 0.05}, {"vm", 0}, {"elsewhere", 7}};
  using Names = std::set<std::string>;
  const auto others = [&](const LoadOptions& load) {
    return systems_with_other_pause(pauses_s, plans, load);
  };
  CHECK(others({}) == Names{"pi"});  // of box nothing is known
  CHECK(others({.pause_s = 0.04}) == Names{"vm"});
  CHECK(others({.pause_s = 1}) == Names{"pi", "vm"});
  CHECK(others({.requests_per_s = 20}) == Names{"vm"});
  CHECK(others({.requests_per_s = 30}) == Names{"pi", "vm"});
  const Corrections learned = learn_corrections("net", runs, {}, {"pi"});
  REQUIRE(learned.systems.size() == 2);
  CHECK(learned.of("pi").factor == 1);
  CHECK(format_pause_mismatch(pauses_s, {"pi"}, {}) ==
        "--learn: nothing can be learned of pi (--pause 0.05): requests are sent with no pause, "
        "and a "
        "machine that waits is slower than a busy one; send them as the benchmarks ran");
  CHECK(format_pause_mismatch(pauses_s, {}, {}).empty());
}

TEST_CASE("short stages teach what each stage takes, and hardly anything of the factor") {
  const Corrections learned = learn_corrections("net", {run_of({{"pi", 5e-6, 135e-6}})});
  const SystemCorrection pi = learned.of("pi");
  CHECK(pi.factor == Approx(1).epsilon(1e-3));
  CHECK(5e-6 * pi.factor + pi.stage_s == Approx(135e-6).epsilon(0.01));
  // A stage that takes less than its blocks makes later stages no faster than their blocks.
  CHECK(learn_corrections("net", {run_of({{"pi", 135e-6, 5e-6}})}).of("pi").stage_s == 0);
}

TEST_CASE("what plans contain already is what their runs add to") {
  const std::vector<SystemCorrection> applied{{"pi", 2, 0.01, 1}, {"vm", 5, 0, 1}};
  const Corrections as_planned = learn_corrections("net", {run_of({{"pi", 2.01, 2.01}})}, applied);
  CHECK(as_planned.systems.size() == 1);
  CHECK(as_planned.of("pi").factor == Approx(2));
  CHECK(as_planned.of("pi").stage_s == Approx(0.01));
  const Corrections slower = learn_corrections("net", {run_of({{"pi", 2.01, 3.01}})}, applied);
  CHECK(slower.of("pi").factor == Approx(3).epsilon(0.05));
}

TEST_CASE("corrections are stated by system, with what a stage takes where that is any") {
  CHECK(
      format_corrections({"net", {{"box", 1.124, 3e-4, 1}, {"vm", 0.5, 0, 1}}}) ==
      "box takes 1.12 times as long as benchmarked, and 300 µs more for each stage; vm 0.50 times");
  CHECK(format_corrections({"net", {}}).empty());
}

TEST_CASE("nothing is learned from switched or failed runs, means over exits and foreign stages") {
  PlanRun switched = run_of({{"pi", 1, 2}});
  switched.switches.emplace_back();
  PlanRun failed = run_of({{"pi", 1, 2}});
  failed.summary.latency.median = std::numeric_limits<double>::infinity();
  PlanRun mean = run_of({{"pi", 1, 2}});
  mean.plan.items[1].without_exit_s = 1.5;
  const PlanRun foreign = run_of({{"pi", 1, 0}});
  CHECK(learn_corrections("net", {switched, failed, mean, foreign}).systems.empty());
}

TEST_CASE("planned and measured latencies stand beside each other, a line a plan") {
  PlanRun run = run_of({{"pi", 1, 2}});
  run.plan.latency_s = 8;
  run.summary.latency.median = 10;
  CHECK(
      format_planned_and_measured({run, run}) ==
      "pi 0: planned 8.00 s, took 10.0 s (+25.0 %)\npi 0: planned 8.00 s, took 10.0 s (+25.0 %)\n");
}
