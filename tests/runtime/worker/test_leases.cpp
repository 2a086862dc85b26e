#include <cmath>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/worker/leases.hpp"
#include "runtime/worker/peers.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

/// The leases that have ended, in order.
class Ended {
 public:
  void add(const std::string& lease) {
    const std::lock_guard lock(mutex_);
    all_.push_back(lease);
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

std::vector<std::string> models_of(const Client& client) {
  std::vector<std::string> names;
  for (const StoredModel& model : client.list(30)) names.push_back(model.model);
  return names;
}

std::map<std::string, std::string> addresses_of(const Fleet& fleet) {
  std::map<std::string, std::string> addresses;
  for (const auto& [name, worker] : fleet.workers) addresses[name] = address_of(worker->worker);
  return addresses;
}

PlanDeploymentOptions options_for(const Fleet& fleet) {
  PlanDeploymentOptions options;
  options.model = "net";
  options.source = "here";
  options.addresses = addresses_of(fleet);
  options.load = fake_loader();
  return options;
}

std::vector<float> answer_of(Pipeline& pipeline, float number) {
  const PipelineResult result = pipeline.run({float_tensor("x", {number})});
  CAPTURE(result.failure.message);
  REQUIRE(result.is_answered);
  return floats_of(std::string(result.outputs.at(0).bytes.view()));
}

}  // namespace

TEST_CASE("A lease ends when it is not renewed, and when it is ended, once") {
  Ended ended;
  Leases leases([&](const std::string& lease) { ended.add(lease); });
  leases.renew("long", 3600);
  leases.renew("short", 0.01);
  CHECK(ended.wait_for(1) == std::vector<std::string>{"short"});
  CHECK_FALSE(leases.is_held("short"));
  CHECK(leases.is_held("long"));
  leases.renew("long", 0);
  leases.renew("long", 0);
  CHECK(ended.wait_for(2) == std::vector<std::string>{"short", "long"});
  CHECK_ERROR(leases.require_held("long"), ErrorCode::infeasible, "deploy the plan again");
  CHECK_NOTHROW(leases.require_held(""));
}

TEST_CASE("A lease that is ending is taken again only when everything under it has gone") {
  std::optional<Error> refusal;
  std::unique_ptr<Leases> leases;
  leases = std::make_unique<Leases>(
      [&](const std::string& lease) { refusal = error_of([&] { leases->renew(lease, 60); }); });
  leases->renew("a", 60);
  leases->renew("a", 0);
  REQUIRE(refusal);
  CHECK(refusal->code() == ErrorCode::infeasible);
  CHECK_FALSE(leases->is_held("a"));
  leases->renew("a", 60);
  CHECK(leases->is_held("a"));
}

TEST_CASE("A renewal prolongs a lease") {
  Ended ended;
  Leases leases([&](const std::string& lease) { ended.add(lease); });
  leases.renew("first", 0.02);
  leases.renew("first", 3600);
  leases.renew("second", 0.05);
  CHECK(ended.wait_for(1) == std::vector<std::string>{"second"});
  CHECK(leases.is_held("first"));
}

TEST_CASE("Ids and times of leases out of range are refused") {
  Leases leases([](const std::string&) {});
  for (const std::string& id : {std::string(), std::string("a/b"), std::string(65, 'a')}) {
    CHECK_ERROR(leases.renew(id, 1), ErrorCode::invalid_argument, "lease");
  }
  for (const double seconds : {-1.0, 3601.0, std::nan("")}) {
    CHECK_ERROR(leases.renew("a", seconds), ErrorCode::invalid_argument, "lease");
  }
}

TEST_CASE("Each lease has its own addresses, which outlive neither it nor a fixed one") {
  Peers peers({{"fixed", "127.0.0.1:1"}}, {});
  peers.set({{"box", "127.0.0.1:2"}});
  peers.set({{"box", "127.0.0.1:3"}, {"own", "127.0.0.1:4"}, {"fixed", "127.0.0.1:5"}}, "mine");
  CHECK(peers.channel("box") != peers.channel("box", "mine"));
  CHECK(peers.channel("box") == peers.channel("box", "other"));
  CHECK(peers.channel("fixed") == peers.channel("fixed", "mine"));
  CHECK_ERROR(peers.require_known("own"), ErrorCode::infeasible, "own");
  CHECK_NOTHROW(peers.require_known("own", "mine"));
  CHECK(peers.leases() == std::set<std::string>{"mine"});
  peers.forget("mine");
  CHECK_ERROR(peers.require_known("own", "mine"), ErrorCode::infeasible, "own");
  CHECK(peers.channel("box") == peers.channel("box", "mine"));
}

TEST_CASE("Two runs of one plan share the segments' files and nothing else") {
  const Fleet fleet({"a", "b"});
  const std::vector<StageAssignment> plan = {fleet.assign("a", "add 1"),
                                             fleet.assign("b", "add 2")};
  PlanDeployment first(options_for(fleet));
  const auto pipeline = first.pipeline(plan);
  {
    PlanDeployment second(options_for(fleet));
    const auto other = second.pipeline(plan);
    CHECK(answer_of(*other, 1) == std::vector<float>{4});
    CHECK(models_of(*fleet.clients.at("a")).size() == 2);
    // The second one moves b's address for its own requests.
    fleet.clients.at("a")->set_peers({{"b", "127.0.0.1:1"}}, 30);
    CHECK(answer_of(*pipeline, 1) == std::vector<float>{4});
  }
  CHECK(models_of(*fleet.clients.at("a")).size() == 1);
  CHECK(answer_of(*pipeline, 5) == std::vector<float>{8});
}

TEST_CASE("A relay that one run sends its tensors through is not another's way") {
  const Fleet fleet({"a", "b"});
  const std::vector<StageAssignment> plan = {fleet.assign("a", "add 1"),
                                             fleet.assign("b", "add 2")};
  PlanDeployment steady(options_for(fleet));
  const auto pipeline = steady.pipeline(plan);
  {
    PlanDeploymentOptions options = options_for(fleet);
    options.deploy_addresses = options.addresses;
    options.addresses["b"] = "127.0.0.1:1";  // nothing listens there
    PlanDeployment astray(std::move(options));
    CHECK_ERROR(astray.pipeline(plan), ErrorCode::io, "nothing listens there");
    CHECK(answer_of(*pipeline, 1) == std::vector<float>{4});
  }
  CHECK(answer_of(*pipeline, 1) == std::vector<float>{4});
}

TEST_CASE("What a client without a lease deploys stays until it is dropped") {
  const Fleet fleet({"a"});
  PlanDeploymentOptions options = options_for(fleet);
  options.keeps_models = true;
  { PlanDeployment(std::move(options)).pipeline({fleet.assign("a", "add 1")}); }
  const std::vector<std::string> kept = models_of(*fleet.clients.at("a"));
  REQUIRE(kept.size() == 1);
  fleet.clients.at("a")->drop(kept[0], 30);
  CHECK(models_of(*fleet.clients.at("a")).empty());
}

TEST_CASE("A deployment under a lease that has ended is refused, and leaves nothing") {
  const Fleet fleet({"a"});
  Client client(address_of(fleet.workers.at("a")->worker), {}, "gone");
  const auto deployment = fake_deployment(fleet.folder, "net", "add 1", small_segment());
  CHECK_ERROR(client.deploy(deployment, 30), ErrorCode::mismatch, "deploy the plan again");
  CHECK_ERROR(client.set_peers({{"b", "127.0.0.1:1"}}, 30), ErrorCode::mismatch, "lease gone");
  client.renew_lease(3600, 30);
  client.deploy(deployment, 30);
  CHECK(models_of(client).size() == 1);
  client.end_lease(30);
  CHECK(models_of(client).empty());
}

TEST_CASE("A worker that starts again serves what it served, until the lease ends") {
  const Scratch folder;
  WorkerOptions options = worker_options("a");
  options.store = folder.path() / "store";
  const auto deployment = fake_deployment(folder, "net", "add 1", small_segment());
  {
    const Worker worker(options);
    Client client(address_of(worker), {}, "mine");
    client.renew_lease(3600, 30);
    client.deploy(deployment, 30);
    client.set_peers({{"b", "127.0.0.1:1"}}, 30);
  }
  const Worker worker(options);
  Client client(address_of(worker), {}, "mine");
  CHECK(client.is_model_ready("net", 30));
  client.end_lease(30);
  CHECK_FALSE(client.is_model_ready("net", 30));
}
