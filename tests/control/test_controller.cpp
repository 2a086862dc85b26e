#include <cmath>
#include <optional>
#include <vector>

#include "control/random_stream.hpp"
#include "control/simulator.hpp"
#include "scission/control.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/two_ways.hpp"

using namespace scission;
using testing::two_ways;
using testing::two_ways_query;

namespace {

constexpr int pi = 0;
constexpr int box = 1;

const Plan on_edge{pi, {{box, 0, 2}}};
const Plan on_device{pi, {{pi, 0, 2}}};

/// A controller, the conditions that it observes, and a clock.
class Scene {
 public:
  explicit Scene(ControllerOptions options = {}, Query query = two_ways_query())
      : controller(two_ways(), query, options) {}

  /// Sends a request every 0.5 s, each followed by a decision; returns the number of switches.
  int requests(int count) {
    int switches = 0;
    for (int i = 0; i < count; ++i) {
      now_s += 0.5;
      request();
      switches += decide();
    }
    return switches;
  }

  bool decide() {
    const Decision decision = controller.decide(now_s);
    last = decision;
    if (decision.is_switch()) controller.set_running(decision.plan);
    return decision.is_switch();
  }

  void send(double bytes) {
    const double seconds = ping_s + bytes * 8 / (mbit * 1e6);
    controller.observe(HopObservation{pi, box, bytes, seconds * random.factor(noise)}, now_s);
  }

  Controller controller;
  double now_s = 0;
  double ping_s = 0.010;
  double mbit = 10;
  double edge_slowdown = 1;
  double device_slowdown = 1;
  double noise = 0;
  RandomStream random{1, 0};
  Decision last;

 private:
  void request() {
    const bool is_sent = controller.running() == on_edge;
    if (is_sent) send(two_ways_query().input_bytes);
    const double seconds = is_sent ? 0.3 * edge_slowdown : 3 * device_slowdown;
    controller.observe(StageObservation{is_sent ? box : pi, 0, 2, seconds * random.factor(noise)},
                       now_s);
  }
};

}  // namespace

TEST_CASE("a controller begins with the profile's best plan, or the one it is given") {
  CHECK(Controller(two_ways(), two_ways_query()).running() == on_edge);
  Controller given(two_ways(), two_ways_query(), {}, on_device);
  CHECK(given.running() == on_device);
  const Decision decision = given.decide(0);
  CHECK(decision.reason == DecisionReason::faster);
  CHECK(decision.plan == on_edge);
  CHECK(decision.running_objective == Approx(3));
  CHECK(decision.best_objective == Approx(0.41));
  CHECK(given.running() == on_device);  // until it is told that the switch was made
}

TEST_CASE("while conditions are as profiled there are no switches and no wanted probes") {
  Scene scene;
  CHECK(scene.requests(200) == 0);
  CHECK(scene.controller.wanted_probes(scene.now_s).empty());
  CHECK(scene.controller.requests_per_s() == Approx(2));
}

TEST_CASE("the clock may begin at any time") {
  Scene scene;
  scene.now_s = 1e9;
  scene.requests(1);
  const SlowdownEstimate unseen = scene.controller.system_estimate(pi, scene.now_s);
  CHECK(unseen.variable_stddev == Approx(0.1).epsilon(0.01));
  CHECK(scene.controller.wanted_probes(scene.now_s).empty());
  CHECK(scene.requests(50) == 0);
}

TEST_CASE("a link that collapses is avoided within a few requests") {
  Scene scene;
  scene.requests(50);
  scene.mbit = 0.2;  // 5.3 s, and 3 s on the device
  CHECK(scene.requests(5) == 1);
  CHECK(scene.controller.running() == on_device);
  CHECK(scene.controller.estimated(scene.now_s).link(pi, box)->transfer_s(125'000) > 3);
}

TEST_CASE("a link that is avoided is probed, and used again when it has recovered") {
  Scene scene;
  scene.requests(50);
  scene.mbit = 0.2;
  scene.requests(5);
  REQUIRE(scene.controller.running() == on_device);
  scene.mbit = 10;
  bool is_back = false;
  int probes = 0;
  for (int i = 0; i < 600 && !is_back; ++i) {
    scene.requests(1);
    for (const Probe& probe : scene.controller.wanted_probes(scene.now_s)) {
      if (!probe.to) continue;
      CHECK(probe.from == pi);
      CHECK(*probe.to == box);
      CHECK(probe.bytes == 125'000);
      scene.send(probe.bytes);
      ++probes;
    }
    is_back = scene.controller.running() == on_edge || scene.decide();
  }
  CHECK(is_back);
  CHECK(probes >= 1);
  CHECK(probes <= 5);
}

TEST_CASE("without probes a link that is avoided is tried again when its estimate has reverted") {
  Scene scene;
  scene.requests(50);
  scene.mbit = 0.2;
  scene.requests(5);
  scene.mbit = 10;
  CHECK(scene.requests(20) == 0);
  CHECK(scene.requests(2000) == 1);
  CHECK(scene.controller.running() == on_edge);
}

TEST_CASE("a slow system is avoided as a slow link is") {
  Scene scene;
  scene.requests(50);
  scene.edge_slowdown = 15;
  CHECK(scene.requests(6) == 1);
  CHECK(scene.controller.running() == on_device);
  CHECK(scene.controller.system_estimate(box, scene.now_s).variable_factor > 9);
}

TEST_CASE("noise of 20 percent causes fewer than one switch in 1000 requests") {
  Scene scene;
  // Edge and device as fast as each other: 0.41 s either way.
  scene.device_slowdown = 0.41 / 3;
  scene.noise = 0.2;
  scene.controller.observe(StageObservation{pi, 0, 2, 0.41, true}, 0);
  for (int i = 0; i < 20; ++i) {
    scene.controller.observe(StageObservation{pi, 0, 2, 0.41, true}, 0.01 * i);
  }
  CHECK(scene.requests(5000) < 5);
}

TEST_CASE("a small gain is ignored") {
  ControllerOptions options;
  options.min_gain = 0.9;
  Controller controller(two_ways(), two_ways_query(), options, on_device);
  CHECK(controller.decide(0).reason == DecisionReason::none);
  CHECK(controller.decide(0).gain() > 2);
}

TEST_CASE("a switch that costs more than it saves within the horizon is not made") {
  ControllerOptions options;
  options.horizon_s = 10;
  options.switch_cost_s = 9;  // back to back, 10 s of requests save 8.6 s
  CHECK_FALSE(Controller(two_ways(), two_ways_query(), options, on_device).decide(0).is_switch());
  options.switch_cost_s = 8;
  CHECK(Controller(two_ways(), two_ways_query(), options, on_device).decide(0).is_switch());
}

TEST_CASE("a lost link is avoided at once and tried again after intervals that double") {
  Scene scene;
  scene.requests(10);
  const auto time_until_tried = [&] {
    scene.controller.mark_link_lost(pi, box, scene.now_s);
    REQUIRE(scene.decide());
    CHECK(scene.last.reason == DecisionReason::lost);
    CHECK(scene.last.running_objective == INFINITY);
    CHECK(scene.controller.running() == on_device);
    const double since_s = scene.now_s;
    while (scene.controller.running() == on_device) scene.requests(1);
    return scene.now_s - since_s;
  };
  CHECK(time_until_tried() == Approx(5));
  CHECK(time_until_tried() == Approx(10));
  scene.requests(1);  // it is seen: all is well
  CHECK(time_until_tried() == Approx(5));
}

TEST_CASE("a lost system is avoided, and probed soon") {
  Scene scene;
  scene.requests(10);
  scene.controller.mark_system_lost(box, scene.now_s);
  REQUIRE(scene.decide());
  CHECK(scene.controller.wanted_probes(scene.now_s).empty());
  scene.now_s += 1;
  const std::vector<Probe> probes = scene.controller.wanted_probes(scene.now_s);
  REQUIRE_FALSE(probes.empty());
  CHECK(probes.back().from == box);
  CHECK_FALSE(probes.back().to.has_value());
  CHECK(probes.back().last_block == 2);
  scene.send(1000);
  CHECK(scene.decide());
  CHECK(scene.controller.running() == on_edge);
}

TEST_CASE("without an alternative to what is lost there is no switch") {
  Query query = two_ways_query();
  query.constraints["edge"].criteria.is_used = true;
  Scene scene({}, query);
  scene.controller.mark_link_lost(pi, box, 1);
  const Decision decision = scene.controller.decide(1);
  CHECK(decision.reason == DecisionReason::no_plan);
  CHECK_FALSE(decision.is_switch());
  CHECK(decision.plan == on_edge);
}

TEST_CASE("a plan that violates a limit for some time is replaced by a worse one") {
  Query query = two_ways_query();
  query.constraints["edge"].compute = TimeLimit{0.5, false};
  Scene scene({}, query);
  scene.requests(20);
  scene.edge_slowdown = 3;  // 0.9 s there; one block fewer keeps to the limit
  int switches = 0;
  for (int i = 0; i < 30 && switches == 0; ++i) switches += scene.requests(1);
  CHECK(switches == 1);
  CHECK(scene.last.reason == DecisionReason::limits);
  CHECK(scene.last.best_objective > scene.last.running_objective);
  CHECK(scene.controller.running() != on_edge);
}

TEST_CASE("indices and options out of range are refused") {
  Controller controller(two_ways(), two_ways_query());
  CHECK_ERROR(controller.observe(StageObservation{2, 0, 0, 1}, 0), ErrorCode::invalid_argument,
              "no system 2");
  CHECK_ERROR(controller.observe(StageObservation{0, 2, 1, 1}, 0), ErrorCode::invalid_argument,
              "no blocks 2 to 1");
  CHECK_ERROR(controller.mark_link_lost(0, -1, 0), ErrorCode::invalid_argument, "no system -1");
  CHECK_ERROR(controller.system_estimate(2, 0), ErrorCode::invalid_argument, "no system 2");
  CHECK_ERROR(controller.link_estimate(0, 2, 0), ErrorCode::invalid_argument, "no system 2");
  CHECK(testing::error_of([&] { controller.set_running({pi, {{pi, 0, 0}}}); }).has_value());
  CHECK(controller.running() != Plan{pi, {{pi, 0, 0}}});
  ControllerOptions options;
  options.horizon_s = 0;
  CHECK_ERROR(Controller(two_ways(), two_ways_query(), options), ErrorCode::invalid_argument,
              "horizon_s");
  options = {};
  options.links.forgetting_s = -1;
  CHECK_ERROR(Controller(two_ways(), two_ways_query(), options), ErrorCode::invalid_argument,
              "forgetting_s");
  Query query = two_ways_query();
  query.limits.latency_s = 0.001;
  CHECK_ERROR(Controller(two_ways(), query), ErrorCode::infeasible, "no plan fits");
}

TEST_CASE("an observation of a link that the problem lacks changes nothing") {
  Controller controller(two_ways(), two_ways_query());
  controller.observe(HopObservation{box, pi, 1000, 1}, 1);
  CHECK_FALSE(controller.link_estimate(box, pi, 1).is_observed);
  CHECK_FALSE(controller.estimated(1).link(box, pi).has_value());
}

TEST_CASE("a request that is overdue is evidence before it ends") {
  Scene scene;
  scene.requests(50);
  const double usual_s = scene.controller.expected_latency_s(scene.now_s);
  CHECK(usual_s == Approx(0.41).epsilon(0.1));
  double age_s = 0;
  while (scene.controller.running() == on_edge && age_s < 100) {
    age_s += 0.4;
    scene.now_s += 0.4;
    const double late_s = age_s - scene.controller.expected_latency_s(scene.now_s);
    if (late_s > age_s / 2) scene.controller.observe_overdue(late_s, scene.now_s);
    scene.decide();
  }
  CHECK(scene.controller.running() == on_device);
  CHECK(age_s > 2);  // less is no reason: the device takes 3 s
  CHECK(age_s < 12);
}

TEST_CASE(
    "what abruptly became slow is probed soon, and then the more rarely the longer it lasts") {
  Scene scene;
  scene.requests(50);
  scene.mbit = 0.05;
  scene.requests(5);
  REQUIRE(scene.controller.running() == on_device);
  std::vector<double> probed_s;
  const double since_s = scene.now_s;
  while (scene.now_s < since_s + 400) {
    scene.requests(1);
    for (const Probe& probe : scene.controller.wanted_probes(scene.now_s)) {
      if (!probe.to) continue;
      scene.send(probe.bytes);
      probed_s.push_back(scene.now_s - since_s);
    }
  }
  REQUIRE(probed_s.size() > 10);
  CHECK(probed_s[0] < 10);
  CHECK(probed_s.size() < 50);
  CHECK(probed_s.back() - probed_s[probed_s.size() - 2] > 20);
}

namespace {

// --- What deploying costs ---

constexpr int phone = 0;
constexpr int near = 1;
constexpr int far = 2;
constexpr double weight_bytes = 4e6;

const Plan on_phone{phone, {{phone, 0, 1}}};
const Plan on_near{phone, {{near, 0, 1}}};
const Plan on_far{phone, {{far, 0, 1}}};

/// Two blocks of 200 ms on the phone and of 10 ms elsewhere, with 4 MB of weights each; 50 kB over
/// 80 Mbit/s to a near machine, and over 8 Mbit/s to a far one: 25, 75 and 400 ms.
PartitionProblem three_places() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge"};
  problem.systems = {{"phone", "device"}, {"near", "edge"}, {"far", "edge"}};
  for (int block = 0; block < 2; ++block) {
    problem.blocks.push_back({block, block, 50'000});
    problem.memory.push_back({weight_bytes, 0});
  }
  problem.block_s = {{0.2, 0.2}, {0.01, 0.01}, {0.01, 0.01}};
  problem.links.resize(9);
  problem.links[near] = Link{0, 80};
  problem.links[far] = Link{5, 8};
  return problem;
}

Query from_phone() {
  Query query;
  query.input_bytes = 50'000;
  query.sources = {"phone"};
  query.route = Route::any_order;
  return query;
}

/// The link to the near machine is as profiled for 20 s, then this fast.
ConditionTrace slow_link(double mbit) {
  ConditionTrace trace;
  trace.columns = {{ConditionColumn::Kind::rate, "phone", "near"}};
  trace.times_s = {0, 20, 80};
  trace.values = {{80}, {mbit}, {mbit}};
  return trace;
}

/// Requests through a controller's plans. A switch happens when the plan is deployed: what it needs
/// crosses the links at a quarter of their rates, and loading takes a second.
struct DeployingRun {
  std::vector<Plan> plans;      ///< in the order in which they ran
  std::vector<double> began_s;  ///< of each of them
  double latency_s = 0;         ///< sum over all requests after the change
};

DeployingRun run_deploying(const ConditionTrace& trace, bool knows_costs) {
  constexpr double load_s = 1;
  const PartitionProblem problem = three_places();
  ControllerOptions controller_options;
  controller_options.deploy_share = 0.25;
  Controller controller(problem, from_phone(), controller_options);
  ReplayOptions options;
  options.request_every_s = 0.2;
  Simulator simulator(problem, from_phone(), trace, options);
  DeployingRun run{{controller.running()}, {0}, 0};
  std::vector<Plan> deployed{controller.running()};
  std::optional<Plan> deploying;
  double began_s = 0;
  double ready_s = 0;
  if (knows_costs) controller.observe_deployment(controller.running(), 0.8 + load_s, 0);
  for (int request = 0; request < simulator.requests(); ++request) {
    simulator.advance(request);
    const double now_s = simulator.time_of(request);
    if (deploying && now_s >= ready_s) {
      if (knows_costs) controller.observe_deployment(*deploying, ready_s - began_s, now_s);
      controller.set_running(*deploying);
      run.plans.push_back(*deploying);
      run.began_s.push_back(now_s);
      deployed = {*deploying, deployed.front()};
      deploying.reset();
    }
    const PlanCost cost = simulator.cost_of(controller.running());
    if (now_s >= 20) run.latency_s += cost.latency_s;
    for (const Hop& hop : cost.hops) {
      controller.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds}, now_s);
    }
    const Stage stage = controller.running().stages.front();
    controller.observe(StageObservation{stage.system, 0, 1, cost.stage_s.front()}, now_s);
    if (deploying) continue;
    if (knows_costs) controller.set_deployed(deployed);
    const Decision decision = controller.decide(now_s);
    if (!decision.is_switch()) continue;
    deploying = decision.plan;
    began_s = ready_s = now_s;
    const int to = decision.plan.stages.front().system;
    const bool is_there = decision.plan == deployed.front() || decision.plan == deployed.back();
    if (is_there) continue;
    ready_s += load_s;
    if (to != phone) {
      ready_s += simulator.conditions().link(phone, to)->transfer_s(8 * weight_bytes);
    }
  }
  return run;
}

}  // namespace

TEST_CASE("deploying takes the segments over the links as they are estimated, and the load time") {
  Controller controller(three_places(), from_phone());
  REQUIRE(controller.running() == on_near);
  CHECK(controller.deploy_s(on_near, 0) == Approx(0.8));
  CHECK(controller.deploy_s(on_far, 0) == Approx(8.005));
  CHECK(controller.deploy_s(on_phone, 0) == 0);
  controller.observe_deployment(on_phone, 2, 0);
  CHECK(controller.deploy_s(on_phone, 0) == Approx(2));
  CHECK(controller.deploy_s(on_near, 0) == Approx(2.8));
  controller.set_deployed({on_near});
  CHECK(controller.deploy_s(on_near, 0) == 0);
  const Plan part{phone, {{phone, 0, 0}, {far, 1, 1}}};
  CHECK(controller.deploy_s(part, 0) == Approx(2 + 4.005));
  controller.observe_deployment(part, 2 + 2 * 4.005,
                                0);  // the link gave deploying half of its rate
  CHECK(controller.deploy_s(part, 0) == Approx(2 + 1.5 * 4.005));
  controller.mark_link_lost(phone, far, 0);
  CHECK(std::isinf(controller.deploy_s(part, 0)));
}

TEST_CASE("a share of the links that deploying uses is expected, but for an urgent plan") {
  ControllerOptions options;
  options.deploy_share = 0.25;
  Controller controller(three_places(), from_phone(), options, on_far);
  CHECK(controller.deploy_s(on_near, 0) == Approx(0.8));  // less than half of the latency
  controller.set_running(on_near);
  CHECK(controller.deploy_s(on_far, 0) == Approx(4 * 8 + 0.005));
  for (const double share : {0.0, -1.0, 1.5}) {
    options.deploy_share = share;
    CHECK_ERROR(Controller(three_places(), from_phone(), options), ErrorCode::invalid_argument,
                "deploy_share");
  }
}

TEST_CASE("a plan that is deployed soon bridges the time until a better one is") {
  const ConditionTrace trace = slow_link(0.8);  // 525 ms
  const DeployingRun blind = run_deploying(trace, false);
  const DeployingRun informed = run_deploying(trace, true);
  REQUIRE(blind.plans.size() == 2);
  CHECK(blind.plans[1] == on_far);
  REQUIRE(informed.plans.size() == 3);
  CHECK(informed.plans[1] == on_phone);
  CHECK(informed.plans[2] == on_far);
  CHECK(informed.began_s[1] - 20 < (blind.began_s[1] - 20) / 3);
  CHECK(informed.latency_s < blind.latency_s);
}

TEST_CASE("a lost plan is replaced by the one that serves requests first") {
  Controller controller(three_places(), from_phone());
  controller.set_deployed({on_near});
  controller.mark_link_lost(phone, near, 1);
  Decision decision = controller.decide(1);
  CHECK(decision.reason == DecisionReason::lost);
  CHECK(decision.plan == on_phone);
  controller.set_deployed({on_near, on_far});
  decision = controller.decide(1);
  CHECK(decision.plan == on_far);  // deployed, and faster
}
