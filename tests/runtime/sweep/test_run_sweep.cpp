// Whole sweeps over workers in this process, with segments that need no backend.
#include "scission/runtime/sweep/run_sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runtime/fleet.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// Three plans of a model of two layers over two workers, at two rates.
struct Scene {
  Scene() : fleet({"edge", "cloud"}) {
    SweepMachines& machines = options.machines;
    machines.source = "here";
    machines.systems = {"edge", "cloud"};
    for (const auto& [name, running] : fleet.workers) {
      machines.addresses[name] = machines.deploy_addresses[name] = address_of(running->worker);
    }
    options.factors =
        parse_factors({{FactorKind::link_rate, {"50", "10"}, "rates"}}, machines.systems);
    options.precision.count = options.precision.max_count = 2;
    options.precision.warmup = 0;
    options.precision.tries = 1;
    options.pause_s = 0;
    options.folder = folder.path() / "sweep";
    options.identity = {{"seed", "1"}};
    plans = enumerate_routes(machines.systems, {0, 1}, 10);
    model.name = "net";
    model.inputs = {float_tensor("x", {1, 2, 3, 4})};
    model.write_segments = [this](const RoutePlan& plan, const std::filesystem::path&) {
      ++written;
      std::vector<StageAssignment> assignments;
      for (const Placement& stage : plan) {
        assignments.push_back(fleet.assign(stage.system, "add 1"));
      }
      return assignments;
    };
  }

  Fleet fleet;
  Scratch folder;
  SweepOptions options;
  SweepModel model;
  std::vector<RoutePlan> plans;
  int written = 0;
};

}  // namespace

TEST_CASE("A sweep measures every plan under every condition and leaves the workers as they were") {
  Scene scene;
  std::vector<double> fractions;
  SweepCallbacks callbacks;
  callbacks.on_progress = [&](const SweepProgress& now) { fractions.push_back(now.fraction); };
  const SweepResult result = run_sweep(scene.options, scene.model, scene.plans, callbacks);
  CHECK(result.counts.measured == 6);
  CHECK(result.counts.failed == 0);
  CHECK(result.counts.unstable == 6);  // two requests bound no median
  REQUIRE(result.sweep.conditions.size() == 2);
  for (const Condition& condition : result.sweep.conditions) {
    REQUIRE(condition.times.size() == 3);
    for (const PlanTime& time : condition.times) CHECK(time.samples.size() == 2);
  }
  CHECK(result.sweep.plans[2].label == "edge:0-0|cloud:1-1");
  REQUIRE(!fractions.empty());
  CHECK(fractions.front() == 0);
  const Sweep written = read_sweep(scene.options.folder).sweep;
  CHECK(written.conditions.size() == 2);
  CHECK(std::filesystem::exists(scene.options.folder / "study"));
  for (const auto& [name, client] : scene.fleet.clients) CHECK(client->list(30).empty());
}

TEST_CASE("A sweep that was ended resumes with what is missing") {
  Scene scene;
  struct Ended {};
  SweepCallbacks callbacks;
  std::size_t begun = 0;
  callbacks.on_progress = [&](const SweepProgress& now) {
    if (now.fraction > 0) ++begun;
  };
  callbacks.check = [&] {
    if (begun > 1) throw Ended{};
  };
  CHECK_THROWS_AS(run_sweep(scene.options, scene.model, scene.plans, callbacks), Ended);
  const Sweep part = read_sweep(scene.options.folder).sweep;
  CHECK_FALSE(part.conditions.empty());
  const SweepResult whole = run_sweep(scene.options, scene.model, scene.plans);
  CHECK(whole.counts.measured == 6);
  const int written = scene.written;
  CHECK(run_sweep(scene.options, scene.model, scene.plans).counts.measured == 6);
  CHECK(scene.written == written);  // nothing was left to measure
  scene.options.identity["seed"] = "2";
  CHECK_ERROR(run_sweep(scene.options, scene.model, scene.plans), ErrorCode::mismatch, "seed");
}

TEST_CASE("A plan that cannot be deployed is missing from a sweep, with the reason") {
  Scene scene;
  const auto write = scene.model.write_segments;
  scene.model.write_segments = [&](const RoutePlan& plan, const std::filesystem::path& folder) {
    if (plan.size() == 2) throw Error(ErrorCode::io, "no space is left", "segments");
    return write(plan, folder);
  };
  int warnings = 0;
  SweepCallbacks callbacks;
  callbacks.on_warning = [&](const std::string&) { ++warnings; };
  const SweepResult result = run_sweep(scene.options, scene.model, scene.plans, callbacks);
  CHECK(result.counts.measured == 4);
  CHECK(result.counts.failed == 2);
  CHECK(warnings >= 2);
  REQUIRE(result.sweep.conditions.size() == 2);
  CHECK_FALSE(result.sweep.conditions[0].times[2].is_measured());
  const bool is_noted = std::any_of(
      result.sweep.notes.begin(), result.sweep.notes.end(),
      [](const std::string& note) { return note.find("no space is left") != std::string::npos; });
  CHECK(is_noted);
}

TEST_CASE("Relays for workers on other machines need this machine's address") {
  SweepOptions options;
  options.machines.addresses["cloud"] = "192.0.2.1:1";
  CHECK(needs_relay_host(options.machines));
  CHECK_ERROR(SweepSession(options), ErrorCode::invalid_argument, "relay_host");
  options.machines.set_network = "set-rate";
  CHECK_FALSE(needs_relay_host(options.machines));
}
