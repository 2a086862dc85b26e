#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

PipelineOptions one_quick_retry() {
  PipelineOptions options;
  options.retries = 1;
  options.backoff_s = 0.001;
  return options;
}

std::vector<Tensor> input(int number) {
  return {float_tensor("x", {static_cast<float>(number), 0, 0, 0})};
}

/// How often each request was answered, by its number.
std::vector<int> counts_of(const std::vector<PipelineResult>& results, int requests, float added) {
  std::vector<int> counts(static_cast<std::size_t>(requests), 0);
  for (const PipelineResult& result : results) {
    INFO("the failure: " << result.failure.message << " at " << result.failure.system);
    REQUIRE(result.is_answered);
    const float number = floats_of(result.outputs.at(0)).at(0) - added;
    REQUIRE(number >= 0);
    REQUIRE(number < static_cast<float>(requests));
    ++counts[static_cast<std::size_t>(number)];
  }
  return counts;
}

/// Waits until a worker has reconnected to another one, which takes gRPC a moment.
bool find_again(const Client& from, const std::string& peer) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < give_up) {
    try {
      from.probe_peer(peer, 1, 1);
      return true;
    } catch (const Error&) {
    }
  }
  return false;
}

}  // namespace

TEST_CASE("A worker killed amid requests loses none of them, and the next plan takes over") {
  Fleet fleet({"a", "b", "c"});
  PipelineOptions options = one_quick_retry();
  options.retries = 6;  // a worker that has just answered may be busy for a moment
  const auto best = fleet.pipeline({{"a", "add 1"}, {"b", "add 2"}}, options);
  const auto next = fleet.pipeline({{"a", "add 1"}, {"c", "add 2"}}, options);
  Failover failover({best, next});
  Collected results;
  constexpr int requests = 200;
  for (int i = 0; i < requests; ++i) {
    if (i == requests / 2) fleet.workers.erase("b");
    failover.send(input(i), results.done());
    if (i >= 8) results.wait(static_cast<std::size_t>(i - 7));  // eight under way
  }
  const auto all = results.wait(requests);
  REQUIRE(all.size() == requests);
  CHECK(counts_of(all, requests, 3) == std::vector<int>(requests, 1));
  for (const PipelineResult& result : all) {
    CHECK(result.hops.at(1).to == (result.plan == 0 ? "b" : "c"));
  }
  CHECK(all.back().plan == 1);
  CHECK(failover.active() == 1);
  const auto switches = failover.switches();
  REQUIRE(switches.size() == 1);
  CHECK(switches[0].to == 1);
  CHECK(switches[0].lost == "b");
  CHECK(switches[0].decision_s > 0);
  CHECK(switches[0].gap_s > 0);
  CHECK(results.count() == requests);
}

TEST_CASE("A restored system is used again") {
  Fleet fleet({"a", "b", "c"});
  const auto best = fleet.pipeline({{"a", "add 1"}, {"b", "add 2"}}, one_quick_retry());
  const auto next = fleet.pipeline({{"a", "add 1"}, {"c", "add 2"}}, one_quick_retry());
  Failover failover({best, next});
  Collected results;
  WorkerOptions again = worker_options("b");
  again.listen = address_of(fleet.workers.at("b")->worker);
  fleet.workers.erase("b");
  failover.send(input(0), results.done());
  REQUIRE(results.wait(1).size() == 1);
  CHECK(failover.active() == 1);

  fleet.start(std::move(again));
  REQUIRE(find_again(*fleet.clients.at("a"), "b"));
  deploy_stages("net", {fleet.assign("b", "add 2")}, fleet.clients, {});
  failover.restore("b");
  CHECK(failover.active() == 0);
  failover.send(input(1), results.done());
  const auto all = results.wait(2);
  REQUIRE(all.size() == 2);
  CHECK(counts_of(all, 2, 3) == std::vector<int>{1, 1});
  CHECK(all[1].hops.at(1).to == "b");
  CHECK(failover.switches().size() == 1);
}

TEST_CASE("A worker that hangs is lost at the deadline") {
  Fleet fleet({"a", "c"});
  const auto gate = std::make_shared<Gate>();
  fleet.start(worker_options("b", gate));
  PipelineOptions options = one_quick_retry();
  options.deadline_s = 0.5;
  const auto best = fleet.pipeline({{"a", "add 1"}, {"b", "wait"}}, options);
  const auto next = fleet.pipeline({{"c", "add 1"}}, one_quick_retry());
  Failover failover({best, next});
  Collected results;
  failover.send(input(0), results.done());
  const auto all = results.wait(1);
  REQUIRE(all.size() == 1);
  CHECK(counts_of(all, 1, 1) == std::vector<int>{1});
  CHECK(failover.active() == 1);
  CHECK(all[0].latency_s >= 0.8 * options.deadline_s);
  gate->open();
}

namespace {

/// Delays all later bytes for ever, and breaks no connection.
void freeze(Relay& relay) { relay.reshape({0, 1e8}, {0, 1e8}); }

/// Puts a relay before the worker.
std::unique_ptr<Relay> relay_to(Fleet& fleet, const std::string& name) {
  RelayOptions options;
  options.target = address_of(fleet.workers.at(name)->worker);
  auto relay = std::make_unique<Relay>(options);
  fleet.clients[name] =
      std::make_shared<Client>("127.0.0.1:" + std::to_string(relay->port()), Security{});
  return relay;
}

PipelineOptions patient_with_health_checks() {
  PipelineOptions options;
  options.deadline_s = 300;
  options.stall_timeout_s = 1;
  options.retries = 8;
  return options;
}

}  // namespace

TEST_CASE("A worker that is frozen is lost long before the deadline") {
  Fleet fleet({"a", "b"});
  const auto relay = relay_to(fleet, "a");
  const auto best = fleet.pipeline({{"a", "add 1"}}, patient_with_health_checks());
  const auto next = fleet.pipeline({{"b", "add 1"}}, patient_with_health_checks());
  Failover failover({best, next});
  Collected results;
  failover.send(input(0), results.done());
  results.wait(1);
  freeze(*relay);
  failover.send(input(1), results.done());
  const auto all = results.wait(2);
  REQUIRE(all.size() == 2);
  CHECK(counts_of(all, 2, 1) == std::vector<int>{1, 1});
  REQUIRE(failover.switches().size() == 1);
  CHECK(failover.switches()[0].lost == "a");
}

TEST_CASE("A plan without the link takes over when everything is dropped between two workers") {
  Fleet fleet({"a", "b"});
  RelayOptions between;
  between.target = address_of(fleet.workers.at("b")->worker);
  Relay relay(between);
  const auto best = fleet.pipeline({{"a", "add 1"}, {"b", "add 2"}}, patient_with_health_checks());
  const auto next = fleet.pipeline({{"b", "add 3"}}, patient_with_health_checks());
  fleet.clients.at("a")->set_peers({{"b", "127.0.0.1:" + std::to_string(relay.port())}}, 30);
  Failover failover({best, next});
  Collected results;
  failover.send(input(0), results.done());
  results.wait(1);
  CHECK(failover.active() == 0);
  freeze(relay);
  failover.send(input(1), results.done());
  const auto all = results.wait(2);
  REQUIRE(all.size() == 2);
  CHECK(counts_of(all, 2, 3) == std::vector<int>{1, 1});
  REQUIRE(failover.switches().size() == 1);
  CHECK(failover.switches()[0].lost == "a → b");
  CHECK(failover.lost() == std::set<std::string>{"a → b"});

  relay.reshape({}, {});
  relay.set_up(false);  // drops what is delayed for ever
  relay.set_up(true);
  REQUIRE(find_again(*fleet.clients.at("a"), "b"));
  failover.restore("a → b");
  failover.send(input(2), results.done());
  const auto after = results.wait(3);
  REQUIRE(after.size() == 3);
  CHECK(after[2].is_answered);
  CHECK(failover.active() == 0);
}

TEST_CASE("A frozen worker that no plan can do without is waited for") {
  Fleet fleet({"a"});
  const auto relay = relay_to(fleet, "a");
  const auto gate = std::make_shared<Gate>();
  PipelineOptions options = patient_with_health_checks();
  options.stall_timeout_s = 0.3;
  const auto only = fleet.pipeline({{"a", "add 1"}, {"here", "wait"}}, options, gate);
  gate->open();
  Failover failover({only});
  Collected results;
  failover.send(input(0), results.done());
  results.wait(1);
  freeze(*relay);
  failover.send(input(1), results.done());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(results.count() == 1);
  relay->reshape({}, {});
  relay->set_up(false);  // drops what is delayed for ever
  relay->set_up(true);
  CHECK(results.wait(2).size() == 2);
}

TEST_CASE("An upload to a worker that is frozen ends long before its deadline") {
  Fleet fleet({"a"});
  const auto relay = relay_to(fleet, "a");
  const Deployment deployment =
      fake_deployment(fleet.folder, "net", "add 1 " + std::string(4 << 20, ' '));
  UploadOptions options;
  options.stall_timeout_s = 1;
  options.on_progress = [&](std::int64_t, std::int64_t) { freeze(*relay); };
  CHECK_ERROR(fleet.clients.at("a")->deploy(deployment, 300, options), ErrorCode::io,
              "answered no health check for 1 s");
}

TEST_CASE("A worker that computes for longer than the others may be silent is not lost") {
  Fleet fleet({"b"});
  const auto gate = std::make_shared<Gate>();
  fleet.start(worker_options("a", gate));
  PipelineOptions options = patient_with_health_checks();
  options.stall_timeout_s = 0.5;
  const auto best = fleet.pipeline({{"a", "wait"}}, options);
  const auto next = fleet.pipeline({{"b", "add 1"}}, options);
  Failover failover({best, next});
  Collected results;
  failover.send(input(0), results.done());
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK(results.count() == 0);
  gate->open();
  CHECK(results.wait(1).size() == 1);
  CHECK(failover.switches().empty());
}

TEST_CASE("With no plan left a request ends with the failure") {
  Fleet fleet({"a", "b"});
  Failover failover({fleet.pipeline({{"a", "add 1"}}, one_quick_retry()),
                     fleet.pipeline({{"b", "add 1"}}, one_quick_retry())});
  Collected results;
  fleet.workers.clear();
  failover.send(input(0), results.done());
  failover.send(input(1), results.done());
  const auto all = results.wait(2);
  REQUIRE(all.size() == 2);
  for (const PipelineResult& result : all) {
    CHECK_FALSE(result.is_answered);
    CHECK(result.failure.is_transient);
    CHECK_FALSE(result.failure.message.empty());
  }
}

TEST_CASE("A refused request causes no switch") {
  const Fleet fleet({"a", "b"});
  Failover failover({fleet.pipeline({{"a", "mismatch"}}, one_quick_retry()),
                     fleet.pipeline({{"b", "add 1"}}, one_quick_retry())});
  Collected results;
  failover.send(input(0), results.done());
  const auto all = results.wait(1);
  REQUIRE(all.size() == 1);
  CHECK_FALSE(all[0].is_answered);
  CHECK(failover.active() == 0);
  CHECK(failover.switches().empty());
}

TEST_CASE("A worker without its segment causes a switch") {
  Fleet fleet({"a", "b"});
  Failover failover({fleet.pipeline({{"a", "add 1"}}, one_quick_retry()),
                     fleet.pipeline({{"b", "add 1"}}, one_quick_retry())});
  for (const StoredModel& model : fleet.clients.at("a")->list(5)) {
    fleet.clients.at("a")->drop(model.model, 5);
  }
  Collected results;
  failover.send(input(0), results.done());
  const auto all = results.wait(1);
  REQUIRE(all.size() == 1);
  CHECK(all[0].is_answered);
  CHECK(failover.active() == 1);
}

TEST_CASE("Failover without pipelines is refused") {
  CHECK_ERROR(Failover({}), ErrorCode::invalid_argument, "pipeline");
  CHECK_ERROR(Failover({nullptr}), ErrorCode::invalid_argument, "null");
}
