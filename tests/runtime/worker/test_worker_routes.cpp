// Requests that workers hand on to each other.
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "runtime/relay/relay.hpp"
#include "runtime/running_worker.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Floats = std::vector<float>;
using grpc::StatusCode;

/// Takes what small_segment() gives.
Segment second_segment() {
  Segment segment = small_segment();
  segment.inputs = {{"y", "float32", {1, 4}}};
  segment.outputs = {{"z", "float32", {1, 4}}};
  return segment;
}

Segment third_segment() {
  Segment segment = small_segment();
  segment.inputs = {{"z", "float32", {1, 4}}};
  segment.outputs = {{"out", "float32", {1, 4}}};
  return segment;
}

grpc::Status announce_peers(const RunningWorker& to, const std::string& system,
                            const std::string& address) {
  v1::SetPeersRequest request;
  (*request.mutable_peers())[system] = address;
  v1::SetPeersResponse response;
  return to.control->SetPeers(context().get(), request, &response);
}

grpc::Status announce_peers(const RunningWorker& to, const std::string& system,
                            const RunningWorker& peer) {
  return announce_peers(to, system, address_of(peer.worker));
}

}  // namespace

TEST_CASE("A request is forwarded to the next system, and both report their times") {
  const RunningWorker edge("edge1");
  const RunningWorker cloud("cloud 1");
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.deploy("second", "multiply 10", second_segment()).ok());
  REQUIRE(announce_peers(edge, "cloud 1", cloud).ok());
  inference::ModelInferRequest request = float_request("first", {1, 2, 3, 4}, "cloud%201/second");
  request.set_id("seven");
  const Inferred inferred = infer(*edge.stub, request);
  CAPTURE(inferred.status.error_message());
  REQUIRE(inferred.status.ok());
  CHECK(inferred.numbers() == Floats{20, 30, 40, 50});
  CHECK(inferred.response.model_name() == "second");
  CHECK(inferred.response.outputs(0).name() == "z");
  CHECK(inferred.response.id() == "seven");
  REQUIRE(inferred.stages.size() == 2);
  CHECK(inferred.stages[0].system() == "edge1");
  CHECK(inferred.stages[1].system() == "cloud 1");
  CHECK(inferred.stages[0].next_s() >= inferred.stages[1].total_s());
  CHECK(inferred.stages[1].next_s() == 0);
  CHECK(inferred.stages[1].received_bytes() > 16);
}

TEST_CASE("A request has one id on all workers of its route, and each reports what it did") {
  struct Reports {
    std::mutex mutex;
    std::vector<RequestEvent> events;
  };
  Reports reports;
  const auto reporting = [&](const std::string& name) {
    WorkerOptions options = worker_options(name);
    options.on_request = [&](const RequestEvent& event) {
      const std::lock_guard lock(reports.mutex);
      reports.events.push_back(event);
    };
    return options;
  };
  const RunningWorker edge(reporting("edge"));
  const RunningWorker cloud(reporting("cloud"));
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.deploy("second", "multiply 10", second_segment()).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  const Inferred named = infer(*edge.stub, float_request("first", {1}, "cloud/second"));
  REQUIRE(named.status.ok());
  inference::ModelInferRequest request = float_request("none", {1});
  request.set_id("line\nend");
  CHECK_FALSE(infer(*edge.stub, request).status.ok());

  REQUIRE(reports.events.size() == 3);
  const RequestEvent& last = reports.events[0];
  const RequestEvent& first = reports.events[1];
  const RequestEvent& failed = reports.events[2];
  CHECK_FALSE(first.id.empty());
  CHECK(first.id == last.id);
  CHECK(named.response.id() == first.id);
  CHECK(first.model == "first");
  CHECK(first.next == "cloud");
  CHECK(first.timing.system == "edge");
  CHECK(last.model == "second");
  CHECK(last.next.empty());
  CHECK(last.status == "OK");
  CHECK(last.timing.system == "cloud");
  CHECK(failed.id == "line end");
  CHECK(failed.model == "none");
  CHECK(failed.status == "NOT_FOUND");
  CHECK(failed.failure.find("not deployed") != std::string::npos);
}

TEST_CASE("A model that ends on the way is answered there, and the rest of the route is left out") {
  const RunningWorker device("device");
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud");
  Segment first = segment_with_exit();
  first.outputs = first.inputs;
  first.exits.clear();
  Segment last = segment_with_exit();
  last.inputs = last.outputs;
  last.outputs = {{"ended", "bool", {1}}, {"out", "float32", {1, 4}}};
  last.exits.clear();
  REQUIRE(device.deploy("first", "add 1", first).ok());
  REQUIRE(edge.deploy("middle", "add 1", segment_with_exit()).ok());
  REQUIRE(cloud.deploy("last", "multiply 10", last).ok());
  REQUIRE(announce_peers(device, "edge", edge).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  const Client client(address_of(device.worker), {});
  for (const bool taken : {true, false}) {
    InferRequest request;
    request.model = "first";
    request.inputs = inputs_with_exit(taken, {1, 2});
    request.route = {{"edge", "middle"}, {"cloud", "last"}};
    const InferResult result = client.infer(request, 30);
    REQUIRE(std::holds_alternative<InferAnswer>(result));
    const auto& answer = std::get<InferAnswer>(result);
    CHECK(answer.is_early == taken);
    CHECK(answer.stages.size() == (taken ? 2U : 3U));
    CHECK(answer.outputs.size() == (taken ? 1U : 2U));
    CHECK(answer.outputs.back().name == "out");
    CHECK(floats_of(answer.outputs.back()) == (taken ? Floats{3, 4} : Floats{30, 40}));
  }
}

TEST_CASE("A route over three systems and back to the first keeps its order") {
  const RunningWorker device("device");
  const RunningWorker edge("edge");
  REQUIRE(device.deploy("first", "add 1").ok());
  REQUIRE(edge.deploy("second", "multiply 10", second_segment()).ok());
  REQUIRE(device.deploy("third", "add 0.5", third_segment()).ok());
  REQUIRE(announce_peers(device, "edge", edge).ok());
  REQUIRE(announce_peers(edge, "device", device).ok());
  inference::ModelInferRequest request = float_request("first", {1, 2}, "edge/second;device/third");
  request.add_outputs()->set_name("out");
  const Inferred inferred = infer(*device.stub, request);
  REQUIRE(inferred.status.ok());
  CHECK(inferred.numbers() == Floats{20.5, 30.5});
  REQUIRE(inferred.stages.size() == 3);
  CHECK(inferred.stages[1].system() == "edge");
  CHECK(inferred.stages[2].system() == "device");
}

TEST_CASE("The longest route's times all arrive") {
  const RunningWorker edge("a system with a name of some length");
  Segment loop = small_segment();
  loop.outputs = loop.inputs;
  REQUIRE(edge.deploy("loop", "add 1", loop).ok());
  const std::string system = "a%20system%20with%20a%20name%20of%20some%20length";
  REQUIRE(announce_peers(edge, "a system with a name of some length", edge).ok());
  std::string route = system + "/loop";
  for (int i = 1; i < 30; ++i) route += ";" + system + "/loop";
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 64 << 10);
  const auto stub = inference::GRPCInferenceService::NewStub(grpc::CreateCustomChannel(
      address_of(edge.worker), grpc::InsecureChannelCredentials(), arguments));
  const Inferred inferred = infer(*stub, float_request("loop", {0}, route));
  CAPTURE(inferred.status.error_message());
  REQUIRE(inferred.status.ok());
  CHECK(inferred.numbers() == Floats{31});
  CHECK(inferred.stages.size() == 31);
}

TEST_CASE(
    "A request may come by a worker more often than that has places, up to four times as often") {
  WorkerOptions options = worker_options("edge1");
  options.limits.queued_requests = 2;
  const RunningWorker edge(std::move(options));
  Segment loop = small_segment();
  loop.outputs = loop.inputs;
  REQUIRE(edge.deploy("loop", "add 1", loop).ok());
  REQUIRE(announce_peers(edge, "edge1", edge).ok());
  const auto visit = [&](int further) {
    std::string route = "edge1/loop";
    for (int i = 1; i < further; ++i) route += ";edge1/loop";
    return infer(*edge.stub, float_request("loop", {0}, route));
  };
  CHECK(visit(6).numbers() == Floats{7});
  CHECK(visit(13).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("A next system that is not there is UNAVAILABLE, by its name") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("first", "add 1").ok());
  std::string dead;
  {
    const RunningWorker cloud("cloud1");
    dead = address_of(cloud.worker);
  }
  REQUIRE(announce_peers(edge, "cloud1", dead).ok());
  const Inferred inferred = infer(*edge.stub, float_request("first", {1}, "cloud1/second"));
  CHECK(inferred.status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(inferred.status.error_message().find("edge1 cannot reach cloud1: nothing listens there") ==
        0);
  CHECK(inferred.failed == "cloud1");
}

TEST_CASE("The innermost failure is the one that comes back") {
  const RunningWorker device("device");
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud");
  REQUIRE(device.deploy("first", "add 1").ok());
  REQUIRE(edge.deploy("second", "add 1", second_segment()).ok());
  REQUIRE(announce_peers(device, "edge", edge).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  const auto ask = [&] {
    return infer(*device.stub, float_request("first", {1}, "edge/second;cloud/third"));
  };
  const Inferred unknown = ask();
  CHECK(unknown.status.error_code() == StatusCode::NOT_FOUND);
  CHECK(unknown.failed == "cloud");
  REQUIRE(cloud.deploy("third", "throw", third_segment()).ok());
  const Inferred broken = ask();
  CHECK(broken.status.error_code() == StatusCode::INTERNAL);
  CHECK(broken.failed == "cloud");
}

TEST_CASE("A next system that hangs is named, within the caller's deadline") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker device("device");
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud", gate);
  REQUIRE(device.deploy("first", "add 1").ok());
  REQUIRE(edge.deploy("second", "add 1", second_segment()).ok());
  REQUIRE(cloud.deploy("third", "wait", third_segment()).ok());
  REQUIRE(announce_peers(device, "edge", edge).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  const Inferred inferred =
      infer(*device.stub, float_request("first", {1}, "edge/second;cloud/third"), &call);
  CHECK(inferred.status.error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(inferred.failed == "cloud");
  gate->open();
}

TEST_CASE(
    "A next system behind a network that drops everything is named long before the deadline") {
  const RunningWorker device("device");
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud");
  RelayOptions between;
  between.target = address_of(cloud.worker);
  between.forward.delay_ms = 1e8;
  const Relay relay(between);
  REQUIRE(device.deploy("first", "add 1").ok());
  REQUIRE(edge.deploy("second", "add 1", second_segment()).ok());
  REQUIRE(cloud.deploy("third", "add 1", third_segment()).ok());
  REQUIRE(announce_peers(device, "edge", edge).ok());
  REQUIRE(announce_peers(edge, "cloud", "127.0.0.1:" + std::to_string(relay.port())).ok());
  const Client client(address_of(device.worker), {});
  InferRequest request;
  request.model = "first";
  request.inputs = {float_tensor("x", {1})};
  request.route = {{"edge", "second"}, {"cloud", "third"}};
  request.stall_timeout_s = 0.5;
  const InferResult result = client.infer(request, 300);
  REQUIRE(std::holds_alternative<CallFailure>(result));
  const auto& failure = std::get<CallFailure>(result);
  CHECK(failure.message == "edge cannot reach cloud: no health check was answered for 0.5 s");
  CHECK(failure.system == "cloud");
  CHECK(failure.observer == "edge");
  CHECK(failure.is_stalled);
  CHECK(failure.is_loss());
}

TEST_CASE("A next system that computes for long answers health checks meanwhile") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud", gate);
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.deploy("second", "wait", second_segment()).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  const Client client(address_of(edge.worker), {});
  InferRequest request;
  request.model = "first";
  request.inputs = {float_tensor("x", {1})};
  request.route = {{"cloud", "second"}};
  request.stall_timeout_s = 0.5;
  std::promise<InferResult> result;
  client.infer(request, 300, [&](InferResult got) { result.set_value(std::move(got)); });
  auto answered = result.get_future();
  CHECK(answered.wait_for(std::chrono::seconds(2)) == std::future_status::timeout);
  gate->open();
  CHECK(std::holds_alternative<InferAnswer>(answered.get()));
}

TEST_CASE("A stall timeout that is no number of seconds is refused") {
  const RunningWorker edge("edge");
  REQUIRE(edge.deploy("first", "add 1").ok());
  inference::ModelInferRequest request = float_request("first", {1});
  auto& timeout = (*request.mutable_parameters())["scission_stall_timeout"];
  timeout.set_double_param(0);
  check_refused(infer(*edge.stub, request), "scission_stall_timeout");
  timeout.set_string_param("1.5");
  check_refused(infer(*edge.stub, request), "must be a number of seconds above 0");
}

TEST_CASE("A request that is cancelled while the next system has it is cancelled there") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker edge("edge");
  const RunningWorker cloud("cloud", gate);
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.deploy("second", "wait", second_segment()).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  const auto call = context();
  auto answer = std::async(std::launch::async, [&] {
    return infer(*edge.stub, float_request("first", {1}, "cloud/second"), call.get());
  });
  REQUIRE(gate->wait_for_arrivals(1));
  call->TryCancel();
  CHECK(answer.get().status.error_code() == StatusCode::CANCELLED);
  gate->open();
}

TEST_CASE("Peers that the operator gave stay where they are") {
  const RunningWorker cloud("cloud");
  REQUIRE(cloud.deploy("second", "multiply 10", second_segment()).ok());
  WorkerOptions options = worker_options("edge");
  options.peers = {{"cloud", address_of(cloud.worker)}};
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(announce_peers(edge, "cloud", "127.0.0.1:1").ok());
  const Inferred inferred = infer(*edge.stub, float_request("first", {1}, "cloud/second"));
  REQUIRE(inferred.status.ok());
  CHECK(inferred.numbers() == Floats{20});
}

TEST_CASE("A worker that starts again hands on as before") {
  const Scratch folder;
  const RunningWorker cloud("cloud");
  REQUIRE(cloud.deploy("second", "multiply 10", second_segment()).ok());
  WorkerOptions options = worker_options("edge");
  options.store = folder.path() / "store";
  {
    const Worker worker(options);
    const auto control = v1::Control::NewStub(
        grpc::CreateChannel(address_of(worker), grpc::InsecureChannelCredentials()));
    REQUIRE(
        RunningWorker::upload(*control, fake_deployment(folder, "first", "add 1"), "add 1").ok());
    v1::SetPeersRequest request;
    (*request.mutable_peers())["cloud"] = address_of(cloud.worker);
    v1::SetPeersResponse response;
    REQUIRE(control->SetPeers(context().get(), request, &response).ok());
  }
  const Worker worker(options);
  const auto stub = inference::GRPCInferenceService::NewStub(
      grpc::CreateChannel(address_of(worker), grpc::InsecureChannelCredentials()));
  const Inferred inferred = infer(*stub, float_request("first", {1}, "cloud/second"));
  CAPTURE(inferred.status.error_message());
  CHECK(inferred.numbers() == Floats{20});
}

TEST_CASE("A damaged list of peers is reported, and the worker starts without it") {
  const Scratch folder;
  WorkerOptions options = worker_options("edge");
  options.store = folder.path() / "store";
  std::filesystem::create_directories(options.store);
  write_file_atomically(options.store / "peers.json", "{\"peers\": 1}");
  std::vector<std::string> events;
  options.on_warning = [&](const std::string& event) { events.push_back(event); };
  const Worker worker(options);
  REQUIRE(events.size() == 1);
  CHECK(events[0].find("peers.json") != std::string::npos);
}

TEST_CASE("A request whose way comes back to a full worker finds a place there") {
  WorkerOptions options = worker_options("edge");
  options.limits.queued_requests = 1;
  const RunningWorker edge(std::move(options));
  const RunningWorker cloud("cloud");
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(edge.deploy("third", "add 2", third_segment()).ok());
  REQUIRE(cloud.deploy("second", "multiply 10", second_segment()).ok());
  REQUIRE(announce_peers(edge, "cloud", cloud).ok());
  REQUIRE(announce_peers(cloud, "edge", edge).ok());
  const Inferred inferred =
      infer(*edge.stub, float_request("first", {1}, "cloud/second;edge/third"));
  CAPTURE(inferred.status.error_message());
  CHECK(inferred.numbers() == Floats{22});
}

TEST_CASE("A peer beyond this machine needs TLS, or leave to do without") {
  const RunningWorker edge("edge");
  const grpc::Status status = announce_peers(edge, "cloud", "192.0.2.1:8001");
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().find("192.0.2.1") != std::string::npos);
  CHECK(announce_peers(edge, "", "127.0.0.1:1").error_code() == StatusCode::INVALID_ARGUMENT);
}
