#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/running_worker.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Floats = std::vector<float>;
using grpc::StatusCode;

bool is_ready(const RunningWorker& worker) {
  inference::ServerReadyResponse response;
  const grpc::Status status = worker.stub->ServerReady(context().get(), {}, &response);
  return status.ok() && response.ready();
}

/// HealthCheckResponse's bytes: field 1 is SERVING (1) or NOT_SERVING (2).
std::string health(const RunningWorker& worker) {
  grpc::GenericStub stub(worker.channel);
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const auto call = context();
  std::promise<void> answered;
  stub.UnaryCall(call.get(), "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](const grpc::Status& /*status*/) { answered.set_value(); });
  answered.get_future().get();
  grpc::Slice bytes;
  return response.TrySingleSlice(&bytes).ok()
             ? std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size())
             : std::string();
}

}  // namespace

TEST_CASE("A worker that drains answers what it has and takes nothing new") {
  const auto gate = std::make_shared<Gate>();
  RunningWorker edge("edge1", gate);
  REQUIRE(edge.deploy("slow", "wait").ok());
  auto answer =
      std::async(std::launch::async, [&] { return infer(*edge.stub, float_request("slow", {1})); });
  REQUIRE(gate->wait_for_arrivals(1));
  auto drained = std::async(std::launch::async, [&] { edge.worker.drain(60); });
  while (is_ready(edge)) std::this_thread::yield();
  CHECK(health(edge) == "\x08\x02");
  const Inferred late = infer(*edge.stub, float_request("slow", {1}));
  CHECK(late.status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(late.failed == "edge1");
  inference::ServerLiveResponse live;
  CHECK(edge.stub->ServerLive(context().get(), {}, &live).ok());
  gate->open();
  CHECK(answer.get().status.ok());
  drained.get();
  CHECK(!is_ready(edge));
}

TEST_CASE("Nobody can connect to a worker that has drained") {
  RunningWorker edge("edge1");
  edge.worker.drain(1);
  grpc::ChannelArguments own_connection;
  own_connection.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel = grpc::CreateCustomChannel(
      address_of(edge.worker), grpc::InsecureChannelCredentials(), own_connection);
  inference::ServerReadyResponse response;
  const grpc::Status status = inference::GRPCInferenceService::NewStub(channel)->ServerReady(
      context().get(), {}, &response);
  CHECK(status.error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("What has not finished when a drain's time is over ends as UNAVAILABLE") {
  const auto gate = std::make_shared<Gate>();
  RunningWorker edge("edge1", gate);
  REQUIRE(edge.deploy("slow", "wait").ok());
  const auto ask = [&] { return infer(*edge.stub, float_request("slow", {1})); };
  auto running = std::async(std::launch::async, ask);
  REQUIRE(gate->wait_for_arrivals(1));
  auto waiting = std::async(std::launch::async, ask);
  edge.worker.drain(0.05);
  CHECK(running.get().status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(waiting.get().status.error_code() == StatusCode::UNAVAILABLE);
  gate->open();
}

TEST_CASE("A worker may be destroyed while requests are under way, on two systems") {
  const auto gate = std::make_shared<Gate>();
  auto edge = std::make_unique<RunningWorker>("edge1");
  RunningWorker cloud("cloud1", gate);
  REQUIRE(edge->deploy("first", "add 1").ok());
  Segment second = small_segment();
  second.inputs = {{"y", "float32", {1, 4}}};
  REQUIRE(cloud.deploy("second", "wait", second).ok());
  v1::SetPeersRequest peers;
  (*peers.mutable_peers())["cloud1"] = address_of(cloud.worker);
  v1::SetPeersResponse set;
  REQUIRE(edge->control->SetPeers(context().get(), peers, &set).ok());
  const std::shared_ptr<grpc::Channel> channel = edge->channel;
  auto answer = std::async(std::launch::async, [channel] {
    return infer(*inference::GRPCInferenceService::NewStub(channel),
                 float_request("first", {1}, "cloud1/second"));
  });
  REQUIRE(gate->wait_for_arrivals(1));
  edge.reset();
  CHECK(answer.get().status.error_code() == StatusCode::UNAVAILABLE);
  gate->open();
}

TEST_CASE("Each request ends once when it is cancelled, or its worker drains, as it is accepted") {
  constexpr int callers = 4;
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> reported = 0;
    WorkerOptions options = worker_options("edge1");
    options.on_request = [&](const RequestEvent& event) {
      if (event.timing.system == "edge1") ++reported;
    };
    auto edge = std::make_unique<RunningWorker>(std::move(options));
    REQUIRE(edge->deploy("net", "add 1").ok());
    std::atomic<int> answered = 0;
    std::vector<std::future<int>> ended;
    for (int caller = 0; caller < callers; ++caller) {
      ended.push_back(std::async(std::launch::async, [&, caller, channel = edge->channel] {
        const auto stub = inference::GRPCInferenceService::NewStub(channel);
        int ends = 0;
        for (bool is_served = true; is_served; ++ends) {
          const auto call = context();
          std::promise<grpc::Status> status;
          inference::ModelInferResponse response;
          const auto request = float_request("net", Floats(1 + 500 * caller, 1));
          stub->async()->ModelInfer(call.get(), &request, &response,
                                    [&](grpc::Status of) { status.set_value(std::move(of)); });
          if (ends % 3 == 1) call->TryCancel();
          const StatusCode code = status.get_future().get().error_code();
          if (code == StatusCode::OK) ++answered;
          is_served = code == StatusCode::OK || code == StatusCode::CANCELLED;
        }
        return ends;
      }));
    }
    while (answered < callers * (1 + round)) std::this_thread::yield();
    edge->worker.drain(0);
    int ends = 0;
    for (auto& one : ended) ends += one.get();
    edge.reset();
    CHECK(reported <= ends);
    CHECK(reported >= answered);
  }
}

TEST_CASE("Draining twice is draining once") {
  RunningWorker edge("edge1");
  edge.worker.drain(1);
  edge.worker.drain(1);
  CHECK(!is_ready(edge));
}

TEST_CASE("A second worker cannot listen where one does") {
  const RunningWorker first("edge1");
  const Scratch folder;
  WorkerOptions options = worker_options("edge2");
  options.store = folder.path();
  options.listen = address_of(first.worker);
  CHECK_ERROR(Worker(options), ErrorCode::io, options.listen);
}

TEST_CASE("A worker without a name, a loader or security is refused") {
  const Scratch folder;
  WorkerOptions options = worker_options("edge1");
  options.store = folder.path();
  SECTION("no name") {
    options.name = "";
    CHECK_ERROR(Worker(options), ErrorCode::invalid_argument, "name");
  }
  SECTION("no loader") {
    options.load = nullptr;
    CHECK_ERROR(Worker(options), ErrorCode::invalid_argument, "load");
  }
  SECTION("plain text for all the world") {
    options.listen = "0.0.0.0:0";
    CHECK_ERROR(Worker(options), ErrorCode::invalid_argument, "0.0.0.0");
  }
  SECTION("a start of the computing thread that fails") {
    options.on_compute_thread = [] { throw Error(ErrorCode::unsupported, "no such device"); };
    CHECK_ERROR(Worker(options), ErrorCode::unsupported, "no such device");
  }
}
