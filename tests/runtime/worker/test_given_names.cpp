// Models asked for by the name that they were given, and what a worker says of them.
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/worker/segment_store.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

constexpr double call_limit_s = 30;

using Floats = std::vector<float>;
using grpc::StatusCode;

/// One worker, and models that a client of the lease brings to it.
struct Named {
  Fleet fleet{{"edge"}};

  const RunningWorker& edge() const { return *fleet.workers.at("edge"); }

  std::string deploy(const std::string& words, bool is_whole, const std::string& lease = {}) const {
    Client client(address_of(edge().worker), {}, lease);
    if (!lease.empty()) client.renew_lease(600, call_limit_s);
    Deployment deployment = fake_deployment(fleet.folder, "net", words);
    deployment.model = served_name("net", deployment.segment, lease);
    deployment.is_whole = is_whole;
    deployment.any_batch = true;
    client.deploy(deployment, call_limit_s);
    return deployment.model;
  }

  Inferred ask(const std::string& model) const {
    return infer(*edge().stub, float_request(model, {1, 2, 3, 4}));
  }

  grpc::Status drop(const std::string& model) const {
    v1::DropRequest request;
    request.set_model(model);
    v1::DropResponse response;
    return edge().control->Drop(context().get(), request, &response);
  }

  inference::ModelMetadataResponse metadata(const std::string& model) const {
    inference::ModelMetadataRequest request;
    request.set_name(model);
    inference::ModelMetadataResponse response;
    REQUIRE(edge().stub->ModelMetadata(context().get(), request, &response).ok());
    return response;
  }
};

}  // namespace

TEST_CASE("A given name is the served one without its digits and its lease") {
  NamedSegment model{"net-v2", small_segment()};
  model.segment.sha256 = std::string(64, 'a');
  CHECK(given_name(model) == "net-v2");
  model.model = served_name("net-v2", model.segment);
  CHECK(given_name(model) == "net-v2");
  model.lease = "0123";
  CHECK(given_name(model) == model.model);
  model.model = served_name("net-v2", model.segment, model.lease);
  CHECK(given_name(model) == "net-v2");
}

TEST_CASE("A whole model answers to its given name, a part does not") {
  const Named named;
  const std::string part = named.deploy("add 1", false);
  check_refused(named.ask("net"), part, StatusCode::FAILED_PRECONDITION);
  named.deploy("add 2", true);
  const Inferred answer = named.ask("net");
  REQUIRE(answer.status.ok());
  CHECK(answer.response.model_name() == "net");
  CHECK(answer.numbers() == Floats{3, 4, 5, 6});
  CHECK(named.ask(part).numbers() == Floats{2, 3, 4, 5});
  CHECK(named.fleet.clients.at("edge")->is_model_ready("net", call_limit_s));
  CHECK_FALSE(named.fleet.clients.at("edge")->is_model_ready("none", call_limit_s));
}

TEST_CASE("Of different models with one given name none is chosen, of equal ones any") {
  const Named named;
  const std::string first = named.deploy("add 1", true, "one");
  const std::string same = named.deploy("add 1", true, "two");
  CHECK(named.ask("net").numbers() == Floats{2, 3, 4, 5});
  check_refused({named.drop("net"), {}, {}, {}}, same, StatusCode::FAILED_PRECONDITION);
  const std::string other = named.deploy("add 2", true);
  check_refused(named.ask("net"), other, StatusCode::FAILED_PRECONDITION);
  CHECK(named.drop(first).ok());
  CHECK(named.drop(same).ok());
  CHECK(named.drop("net").ok());
  check_refused({named.drop("net"), {}, {}, {}}, "not deployed", StatusCode::NOT_FOUND);
}

TEST_CASE("The list of models has their given names and what is left of their leases") {
  const Named named;
  named.deploy("add 1", true, "one");
  const auto models = named.fleet.clients.at("edge")->list(call_limit_s);
  REQUIRE(models.size() == 1);
  CHECK(models[0].given_name == "net");
  CHECK(models[0].is_whole);
  CHECK(models[0].lease == "one");
  CHECK(models[0].lease_left_s > 0);
  CHECK(models[0].lease_left_s <= 600);
}

TEST_CASE("Metadata leave the batch of a whole model free where any runs") {
  const Named named;
  named.deploy("add 1", true);
  CHECK(named.metadata("net").inputs(0).shape(0) == -1);
  CHECK(named.metadata("net").inputs(0).shape(1) == 4);
  CHECK(named.metadata("net").outputs(0).shape(0) == -1);
  const std::string part = named.deploy("add 2", false);
  CHECK(named.metadata(part).inputs(0).shape(0) == 1);
  REQUIRE(named.edge().deploy("fixed", "add 1").ok());
  CHECK(named.metadata("fixed").inputs(0).shape(0) == 1);
}

TEST_CASE("A worker that starts again knows which models are whole") {
  const Scratch folder;
  WorkerOptions options = worker_options("edge");
  options.store = folder.path() / "store";
  {
    const Worker worker(options);
    Client client(address_of(worker), {});
    Deployment deployment = fake_deployment(folder, "net", "add 1");
    deployment.model = served_name("net", deployment.segment);
    deployment.is_whole = true;
    deployment.any_batch = true;
    client.deploy(deployment, call_limit_s);
  }
  const Worker worker(options);
  const Client client(address_of(worker), {});
  CHECK(client.model("net", call_limit_s).inputs.at(0).shape.at(0) == -1);
}
