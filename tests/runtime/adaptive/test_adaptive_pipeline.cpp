#include <algorithm>
#include <chrono>
#include <thread>

#include "runtime/adaptive/deployments.hpp"
#include "runtime/adaptive_scene.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/processes.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

std::vector<Tensor> input(int number) {
  return {float_tensor("x", {static_cast<float>(number), 0, 0, 0})};
}

/// How often each of the requests 0, 1, … was answered with the correct result.
std::vector<int> counts_of(const std::vector<AdaptiveResult>& results, int requests) {
  std::vector<int> counts(static_cast<std::size_t>(requests), 0);
  for (const AdaptiveResult& answer : results) {
    INFO("the failure: " << answer.result.failure.message << " at "
                         << answer.result.failure.system);
    REQUIRE(answer.result.is_answered);
    const float number = floats_of(answer.result.outputs.at(0)).at(0) - 3;
    REQUIRE(number >= 0);
    REQUIRE(number < static_cast<float>(requests));
    ++counts[static_cast<std::size_t>(number)];
  }
  return counts;
}

/// Sends requests one after the other until that plan runs; their number, −1 if it never does.
int send_until(AdaptivePipeline& pipeline, Answers& answers, const Plan& plan) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  int sent = 0;
  while (std::chrono::steady_clock::now() < give_up) {
    if (pipeline.plans().at(static_cast<std::size_t>(pipeline.running())) == plan) return sent;
    pipeline.send(input(sent++), answers.done());
    answers.wait(static_cast<std::size_t>(sent));
  }
  return -1;
}

bool wait_for_switches(const AdaptivePipeline& pipeline, std::size_t count,
                       std::chrono::seconds at_most = patience) {
  const auto give_up = std::chrono::steady_clock::now() + at_most;
  while (pipeline.switches().size() < count) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

TEST_CASE("A link that becomes slow is avoided, and every answer is correct") {
  AdaptiveScene scene;
  Answers answers;
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), AdaptiveScene::options());
  CHECK(pipeline.plans().at(0) == all_on_a);
  scene.delay("a", 60);
  const int sent = send_until(pipeline, answers, all_on_b);
  REQUIRE(sent > 0);
  CHECK(counts_of(answers.wait(static_cast<std::size_t>(sent)), sent) ==
        std::vector<int>(static_cast<std::size_t>(sent), 1));
  const auto switches = pipeline.switches();
  REQUIRE(switches.size() == 1);
  CHECK(switches[0].reason == SwitchReason::faster);
  CHECK(switches[0].running_objective > switches[0].best_objective);
  CHECK(switches[0].deploy_s > 0);
  CHECK(switches[0].cut_over_s < switches[0].deploy_s);
  CHECK(switches[0].waited == 0);
  CHECK_FALSE(switches[0].was_kept);
  const MonitoringCost cost = pipeline.monitoring_cost();
  CHECK(cost.observations > 0);
  CHECK(cost.decisions > 0);
  CHECK(cost.cpu_s > 0);
  CHECK(cost.probes == 0);
}

TEST_CASE("A plan that is deployed soon serves requests while a better one takes long to deploy") {
  AdaptiveScene scene;
  Answers answers;
  PartitionProblem problem = two_blocks();
  problem.memory = {{1e7, 0}, {1e7, 0}};   // 1.6 s over a whole link
  problem.block_s[here] = {0.006, 0.006};  // what it turns out to take makes b wanted
  Gate gate;
  AdaptiveCallbacks calls = scene.callbacks();
  calls.deploy = [&, deploy = calls.deploy](const Plan& plan, const auto& share) {
    if (uses(plan, b)) gate.pass();
    return deploy(plan, share);
  };
  AdaptivePipeline pipeline(problem, any_way(), calls, AdaptiveScene::options());
  const std::shared_ptr<void> at_end(nullptr, [&](void*) { gate.open(); });
  CHECK(pipeline.plans().at(0) == all_on_a);
  scene.delay("a", 60);
  int sent = send_until(pipeline, answers, all_here);
  REQUIRE(sent > 0);
  CHECK(gate.arrived() == 0);
  for (; gate.arrived() == 0 && sent < 1000; ++sent) {
    pipeline.send(input(sent), answers.done());
    answers.wait(static_cast<std::size_t>(sent) + 1);
  }
  CHECK(pipeline.plans().at(static_cast<std::size_t>(pipeline.running())) == all_here);
  gate.open();
  CHECK(wait_for_switches(pipeline, 2));
  CHECK(pipeline.plans().at(static_cast<std::size_t>(pipeline.running())) == all_on_b);
  CHECK(counts_of(answers.wait(static_cast<std::size_t>(sent)), sent) ==
        std::vector<int>(static_cast<std::size_t>(sent), 1));
}

TEST_CASE("Requests on a link that became slow are evidence before they end, and are sent again") {
  AdaptiveScene scene;
  Answers answers;
  std::atomic<bool> is_slow = false;
  AdaptiveCallbacks calls = scene.callbacks();
  calls.probe = [&](int, int, double) { return is_slow ? 10 : 0.002; };
  AdaptiveOptions options = AdaptiveScene::options();
  options.controller.probe_after_s = 0.1;
  AdaptivePipeline pipeline(two_blocks(), any_way(), calls, options);
  int sent = 0;
  for (; sent < 8; ++sent) {
    pipeline.send(input(sent), answers.done());
    answers.wait(static_cast<std::size_t>(sent) + 1);
  }
  is_slow = true;
  scene.delay("a", 1e5);
  for (; sent < 12; ++sent) pipeline.send(input(sent), answers.done());
  CHECK(counts_of(answers.wait(12), sent) == std::vector<int>(12, 1));
  REQUIRE_FALSE(pipeline.switches().empty());
  CHECK(pipeline.switches()[0].reason == SwitchReason::faster);  // not lost at the deadline

  // There is no idle time, and the link is used again all the same.
  is_slow = false;
  scene.delay("a", 1);
  scene.relays.at("a")->set_up(false);  // drops what is delayed
  scene.relays.at("a")->set_up(true);
  CHECK(send_until(pipeline, answers, all_on_a) > 0);
  CHECK(pipeline.monitoring_cost().probes > 0);
}

TEST_CASE("No request is lost or answered twice over many switches under load") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  options.plans_in_memory = GENERATE(1, 2, 3);
  options.max_waiting = 1000;
  constexpr int switches = 24;
  constexpr int max_in_flight = 6;
  int sent = 0;
  {
    AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options, all_on_a);
    const std::vector<Plan> plans{all_on_b, first_here, all_on_a, all_here};
    for (int i = 0; i < switches; ++i) {
      pipeline.switch_to(plans[static_cast<std::size_t>(i) % plans.size()]);
      do {
        pipeline.send(input(sent++), answers.done());
        if (sent > max_in_flight) answers.wait(static_cast<std::size_t>(sent - max_in_flight));
      } while (pipeline.switches().size() <= static_cast<std::size_t>(i));
    }
    const auto done = pipeline.switches();
    REQUIRE(done.size() == switches);
    for (const PlanSwitch& change : done) {
      CHECK(change.reason == SwitchReason::requested);
      CHECK(change.plans_in_memory <= options.plans_in_memory);
      if (options.plans_in_memory > 1) CHECK(change.waited == 0);
    }
  }
  CHECK(counts_of(answers.wait(static_cast<std::size_t>(sent)), sent) ==
        std::vector<int>(static_cast<std::size_t>(sent), 1));
  // Each deployment has been removed in the end.
  CHECK(static_cast<int>(scene.retired.size()) == scene.made);
}

TEST_CASE("A plan that is still deployed is not deployed again") {
  AdaptiveScene scene;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options, all_on_a);
  for (std::size_t i = 0; i < 4; ++i) {
    pipeline.switch_to(i % 2 == 0 ? all_on_b : all_on_a);
    REQUIRE(wait_for_switches(pipeline, i + 1));
  }
  CHECK(scene.made == 2);
  CHECK_FALSE(pipeline.switches()[0].was_kept);
  CHECK(pipeline.switches()[3].was_kept);
}

TEST_CASE("A switch to other codecs happens between two requests, without a deployment") {
  AdaptiveScene scene;
  PartitionProblem problem = two_blocks();
  CodecCosts zstd;
  zstd.name = "zstd";
  zstd.bytes = {8, 8, 8};
  zstd.error = zstd.disagreement = {0, 0, 0};
  zstd.encode_s = zstd.decode_s = std::vector<std::vector<double>>(3, {0, 0, 0});
  problem.codecs = {zstd};
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  Plan coded = all_on_a;
  coded.codecs = {0, Plan::raw};
  {
    AdaptivePipeline pipeline(problem, any_way(), scene.callbacks(), options, all_on_a);
    const auto codec_after = [&](const Plan& plan) {
      Answers answers;
      pipeline.switch_to(plan);
      REQUIRE(send_until(pipeline, answers, plan) >= 0);
      const AdaptiveResult answer = pipeline.send(input(0)).get();
      REQUIRE(answer.result.is_answered);
      return answer.result.hops.at(0).codec;
    };
    CHECK(codec_after(coded) == "zstd");
    CHECK(codec_after(all_on_a).empty());
    CHECK(codec_after(coded) == "zstd");
    CHECK(scene.made == 1);
    REQUIRE(pipeline.switches().size() == 3);
    CHECK(pipeline.switches()[0].was_kept);
    CHECK(pipeline.switches()[0].plans_in_memory == 1);
    CHECK(codec_after(all_on_b).empty());
    CHECK(codec_after(all_on_a).empty());  // which was kept with another codec
    CHECK(scene.made == 2);
  }
  CHECK(scene.retired.size() == 2);
  CHECK(std::count(scene.retired.begin(), scene.retired.end(), all_on_a) == 1);
}

TEST_CASE("A link that becomes slow changes the codec alone, without a deployment") {
  AdaptiveScene scene;
  constexpr int floats = 50'000;
  PartitionProblem problem = two_blocks();  // all on a, or here, which takes far longer
  problem.block_s[here] = {0.5, 0.5};
  // More than it takes on a loaded machine: a system that looked slow would make its codec slow,
  // too.
  problem.block_s[a] = {0.05, 0.05};
  for (const int system : {here, a}) problem.links.at(system * 3 + b).reset();
  for (const int system : {here, a}) problem.links.at(b * 3 + system).reset();
  CodecCosts zstd;
  zstd.name = "zstd";
  zstd.bytes = {2000, 2000, 2000};
  zstd.error = zstd.disagreement = {0, 0, 0};
  zstd.encode_s = zstd.decode_s = std::vector<std::vector<double>>(3, {0.03, 0.03, 0.03});
  problem.codecs = {zstd};
  Query query = any_way();
  query.input_bytes = 4.0 * floats;  // 16 ms by the profile
  query.codecs = {"zstd"};
  AdaptiveCallbacks calls = scene.callbacks();
  calls.deploy = [&](const Plan&, const std::function<double()>&) {
    ++scene.made;
    StageAssignment stage = scene.fleet.assign("a", "add 3");
    stage.segment.inputs[0].shape = stage.segment.outputs[0].shape = {1, floats};
    return std::make_shared<Pipeline>(deploy_stages("net", {stage}, scene.fleet.clients, {}),
                                      PipelineOptions{.source = "here", .deadline_s = 30});
  };
  AdaptiveOptions options = AdaptiveScene::options();
  const std::vector<Tensor> zeros{float_tensor("x", std::vector<float>(floats, 0))};
  options.sample = zeros;
  AdaptivePipeline pipeline(problem, query, calls, options);
  const auto codec_of_next = [&] {
    const AdaptiveResult answer = pipeline.send(zeros).get();
    REQUIRE(answer.result.is_answered);
    CHECK(floats_of(answer.result.outputs.at(0)) == std::vector<float>(floats, 3));
    return answer.result.hops.at(0).codec;
  };
  for (int i = 0; i < 5; ++i) CHECK(codec_of_next().empty());
  scene.relays.at("a")->reshape({8, 1}, {0, 1});
  std::string codec;
  for (int sent = 0; codec.empty() && sent < 100; ++sent) codec = codec_of_next();
  CHECK(codec == "zstd");
  CHECK(scene.made == 1);
  REQUIRE(pipeline.switches().size() == 1);
  CHECK(pipeline.switches()[0].reason == SwitchReason::faster);
  CHECK(pipeline.switches()[0].was_kept);
}

TEST_CASE("A lost worker's requests go through the next plan, each answered once") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;  // under load a faster plan may be chosen before the loss
  options.plans_in_memory = GENERATE(1, 2);
  constexpr int requests = 120;
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options);
  for (int i = 0; i < requests; ++i) {
    if (i == requests / 2) scene.relays.at("a")->set_up(false);
    pipeline.send(input(i), answers.done());
    if (i >= 6) answers.wait(static_cast<std::size_t>(i - 5));
  }
  const auto all = answers.wait(requests);
  REQUIRE(all.size() == requests);
  CHECK(counts_of(all, requests) == std::vector<int>(requests, 1));
  const auto switches = pipeline.switches();
  REQUIRE_FALSE(switches.empty());
  CHECK(switches[0].reason == SwitchReason::lost);
  CHECK(switches[0].waited > 0);
  CHECK(switches[0].longest_wait_s > 0);
  CHECK_FALSE(uses(pipeline.plans().at(static_cast<std::size_t>(switches[0].to)), a));
}

TEST_CASE("A lost system that is available again is used again") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveOptions options = AdaptiveScene::options();
  options.controller.lost_retry_s = 0.2;
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options);
  scene.relays.at("a")->set_up(false);
  REQUIRE(send_until(pipeline, answers, all_on_b) > 0);
  scene.relays.at("a")->set_up(true);
  Answers later;
  const int sent = send_until(pipeline, later, all_on_a);
  REQUIRE(sent > 0);
  CHECK(counts_of(later.wait(static_cast<std::size_t>(sent)), sent) ==
        std::vector<int>(static_cast<std::size_t>(sent), 1));
}

TEST_CASE(
    "A plan whose segments a worker has lost is deployed again, and every request is answered") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  options.plans_in_memory = GENERATE(1, 2);
  constexpr int requests = 20;
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options, all_on_a);
  for (int i = 0; i < requests; ++i) {
    if (i == requests / 2) {
      for (const StoredModel& model : scene.fleet.clients.at("a")->list(5)) {
        scene.fleet.clients.at("a")->drop(model.model, 5);
      }
    }
    pipeline.send(input(i), answers.done());
    answers.wait(static_cast<std::size_t>(i) + 1);
  }
  const auto all = answers.wait(requests);
  REQUIRE(all.size() == requests);
  CHECK(counts_of(all, requests) == std::vector<int>(requests, 1));
  CHECK(scene.made == 2);
  CHECK(pipeline.switches().empty());
}

TEST_CASE("Deploying uses a share of links beside requests, and all of it while they wait") {
  AdaptiveScene scene;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  options.deploy_share = 0.125;
  options.plans_in_memory = GENERATE(1, 2);
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), options, all_on_a);
  CHECK(scene.last_share == 1);
  pipeline.switch_to(all_on_b);
  REQUIRE(wait_for_switches(pipeline, 1));
  CHECK(scene.last_share == (options.plans_in_memory == 1 ? 1 : 0.125));
}

TEST_CASE("A deployment that fails halfway is removed from systems") {
  AdaptiveScene scene;
  AdaptiveOptions options = AdaptiveScene::options();
  options.is_automatic = false;
  AdaptiveCallbacks calls = scene.callbacks();
  std::atomic<bool> has_failed = false;
  calls.deploy = [&](const Plan& plan, const std::function<double()>& /*share*/) {
    if (plan == first_here) throw Error(ErrorCode::io, "the disk is full", "a");
    return scene.make(plan);
  };
  calls.on_deploy_failed = [&](const Plan&, const std::string&) { has_failed = true; };
  {
    AdaptivePipeline pipeline(two_blocks(), any_way(), calls, options, all_on_a);
    pipeline.switch_to(first_here);
    REQUIRE(happens_within(10, [&] { return has_failed.load(); }));
    const std::lock_guard lock(scene.mutex);
    CHECK(scene.retired == std::vector<Plan>{first_here});
  }
  CHECK(scene.retired == std::vector<Plan>{first_here, all_on_a});
}

TEST_CASE("An exception of a callback neither ends the process nor leaves requests waiting") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveCallbacks calls = scene.callbacks();
  calls.is_alive = [](int) -> bool { throw std::runtime_error("the owner has a problem"); };
  AdaptivePipeline pipeline(two_blocks(), any_way(), calls, AdaptiveScene::options());
  scene.relays.at("a")->set_up(false);
  constexpr int requests = 10;
  for (int i = 0; i < requests; ++i) pipeline.send(input(i), answers.done());
  CHECK(answers.wait(requests).size() == requests);
}

TEST_CASE("With no plan left a request fails with a message") {
  AdaptiveScene scene;
  Answers answers;
  Query query = any_way();
  query.constraints["device"].criteria = parse_criteria("!0,!1");
  AdaptivePipeline pipeline(two_blocks(), query, scene.callbacks(), AdaptiveScene::options());
  for (const auto& [name, relay] : scene.relays) relay->set_up(false);
  pipeline.send(input(0), answers.done());
  const auto all = answers.wait(1);
  REQUIRE(all.size() == 1);
  CHECK_FALSE(all[0].result.is_answered);
  CHECK_FALSE(all[0].result.failure.message.empty());
}

TEST_CASE("A plan that cannot be deployed leaves the running one in charge") {
  AdaptiveScene scene;
  Answers answers;
  AdaptiveOptions options = AdaptiveScene::options();
  options.plans_in_memory = GENERATE(1, 2);
  options.is_automatic = false;
  AdaptiveCallbacks calls = scene.callbacks();
  std::atomic<int> failures = 0;
  calls.deploy = [&](const Plan& plan, const std::function<double()>& /*share*/) {
    if (plan == first_here) throw Error(ErrorCode::io, "the disk is full", "a");
    return scene.make(plan);
  };
  calls.on_deploy_failed = [&](const Plan& plan, const std::string& why) {
    CHECK(plan == first_here);
    CHECK(why.find("the disk is full") != std::string::npos);
    ++failures;
  };
  AdaptivePipeline pipeline(two_blocks(), any_way(), calls, options, all_on_a);
  pipeline.switch_to(first_here);
  int sent = 0;
  for (; failures == 0 || sent < 10; ++sent) {
    pipeline.send(input(sent), answers.done());
    answers.wait(static_cast<std::size_t>(sent) + 1);
    REQUIRE(sent < 10'000);
  }
  CHECK(counts_of(answers.wait(static_cast<std::size_t>(sent)), sent) ==
        std::vector<int>(static_cast<std::size_t>(sent), 1));
  CHECK(pipeline.switches().empty());
  CHECK(pipeline.plans().at(static_cast<std::size_t>(pipeline.running())) == all_on_a);
}

TEST_CASE("An idle pipeline probes for a better plan, and switches") {
  std::atomic<int> probes = 0;
  long counted = 0;
  // Repeated because a busy machine may make the other plan look better before any probe, or hide
  // that it is better.
  for (int attempt = 0; attempt < 10 && counted == 0; ++attempt) {
    AdaptiveScene scene;
    AdaptiveCallbacks calls = scene.callbacks();
    calls.probe = [&](int, int to, double) {
      ++probes;
      return to == b ? 0.0005 : 0.002;
    };
    AdaptiveOptions options = AdaptiveScene::options();
    options.idle_s = 0.05;
    options.controller.probe_after_s = 0.1;
    options.controller.exploration_width =
        30;  // even if one request to a was slow on a busy machine
    scene.delay("b", 0);
    PartitionProblem problem = two_blocks();
    problem.links[b] = Link{2.5, 100};  // as good as a's may be
    AdaptivePipeline pipeline(problem, any_way(), calls, options);
    Answers answers;
    pipeline.send(input(0), answers.done());
    answers.wait(1);
    if (!wait_for_switches(pipeline, 1, std::chrono::seconds(5))) continue;
    CHECK(pipeline.plans().at(static_cast<std::size_t>(pipeline.running())) == all_on_b);
    counted = pipeline.monitoring_cost().probes;
  }
  CHECK(probes > 0);
  CHECK(counted > 0);
}

TEST_CASE("Options out of range and invalid plans are refused") {
  AdaptiveScene scene;
  AdaptiveOptions options = AdaptiveScene::options();
  SECTION("plans") { options.plans_in_memory = 0; }
  SECTION("share") { options.deploy_share = 0; }
  SECTION("gap") { options.max_gap_wait_s = -1; }
  AdaptiveCallbacks calls = scene.callbacks();
  SECTION("no deploy") { calls.deploy = {}; }
  SECTION("a deploy that returns nothing") {
    calls.deploy = [](const Plan&, const std::function<double()>&) { return nullptr; };
  }
  CHECK(error_of([&] { AdaptivePipeline(two_blocks(), any_way(), calls, options); })->code() ==
        ErrorCode::invalid_argument);
  AdaptivePipeline pipeline(two_blocks(), any_way(), scene.callbacks(), AdaptiveScene::options());
  CHECK(error_of([&] {
          pipeline.switch_to({here, {{a, 0, 0}}});
        })->code() == ErrorCode::invalid_argument);
}
