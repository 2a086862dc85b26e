#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "base/this_machine.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/worker/system_load.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

grpc::Status benchmark(const RunningWorker& worker, std::string& profile,
                       grpc::ClientContext* call) {
  v1::BenchmarkRequest request;
  request.set_model("lenet");
  request.set_options("--passes\n1");
  request.set_platform("edge");
  v1::BenchmarkResponse response;
  const grpc::Status status = worker.control->Benchmark(call, request, &response);
  profile = response.profile();
  return status;
}

grpc::Status benchmark(const RunningWorker& worker, std::string& profile) {
  return benchmark(worker, profile, context().get());
}

v1::LoadResponse load_of(const RunningWorker& worker) {
  v1::LoadResponse load;
  REQUIRE(worker.control->Load(context().get(), {}, &load).ok());
  return load;
}

}  // namespace

TEST_CASE("Probes of any size are answered") {
  const RunningWorker edge("edge1");
  for (const std::size_t bytes : {0, 1, 1000, 3'000'000}) {
    CAPTURE(bytes);
    v1::ProbeRequest request;
    request.mutable_payload()->resize(bytes);
    v1::ProbeResponse response;
    CHECK(edge.control->Probe(context().get(), request, &response).ok());
  }
}

TEST_CASE("A worker times the way to a peer") {
  const RunningWorker edge("edge1");
  const RunningWorker cloud("cloud1");
  v1::SetPeersRequest peers;
  (*peers.mutable_peers())["cloud1"] = address_of(cloud.worker);
  (*peers.mutable_peers())["gone"] = "127.0.0.1:1";
  v1::SetPeersResponse set;
  REQUIRE(edge.control->SetPeers(context().get(), peers, &set).ok());
  v1::ProbePeerRequest request;
  request.set_peer("cloud1");
  request.set_bytes(100'000);
  v1::ProbePeerResponse response;
  REQUIRE(edge.control->ProbePeer(context().get(), request, &response).ok());
  CHECK(response.seconds() > 0);

  const auto code = [&] {
    return edge.control->ProbePeer(context().get(), request, &response).error_code();
  };
  request.set_bytes(-1);
  CHECK(code() == StatusCode::INVALID_ARGUMENT);
  request.set_bytes(std::int64_t{1} << 40);
  CHECK(code() == StatusCode::INVALID_ARGUMENT);
  request.set_bytes(10);
  request.set_peer("moon");
  CHECK(code() == StatusCode::FAILED_PRECONDITION);
  request.set_peer("gone");
  CHECK(code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("A worker tells how busy it is") {
  const RunningWorker edge("edge1");
  const v1::LoadResponse load = load_of(edge);
  CHECK(load.cpu_load() >= 0);
  CHECK(load.cpu_load() <= 1);
  CHECK(load.memory_free_bytes() > 0);
  CHECK(load.process_rss_bytes() > 1'000'000);
  CHECK(load.queued_requests() == 0);
}

TEST_CASE("The kernel's figures are parsed correctly") {
  const CpuTicks ticks = parse_cpu_ticks("cpu  10 1 5 80 4 0 2 3 7 0\ncpu0 1 1 1 1\n");
  CHECK(ticks.all == 105);
  CHECK(ticks.busy == 21);
  CHECK(parse_cpu_ticks("").all == 0);
  CHECK(parse_available_memory("MemTotal: 9 kB\nMemAvailable:   2048 kB\n") == 2048 * 1024);
  CHECK(parse_available_memory("") == 0);
}

TEST_CASE("A worker measures itself when it knows how to, one benchmark at a time") {
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = worker_options("edge1");
  options.benchmark = [gate](const BenchmarkJob& job) {
    gate->pass();
    return job.model + "|" + job.options + "|" + job.platform;
  };
  const RunningWorker edge(std::move(options));
  std::string profile;
  auto first = std::async(std::launch::async, [&] { return benchmark(edge, profile); });
  REQUIRE(gate->wait_for_arrivals(1));
  std::string none;
  CHECK(benchmark(edge, none).error_code() == StatusCode::RESOURCE_EXHAUSTED);
  gate->open();
  REQUIRE(first.get().ok());
  CHECK(profile == "lenet|--passes\n1|edge");
  CHECK(benchmark(edge, profile).ok());
}

TEST_CASE("A worker that cannot measure itself says so") {
  const RunningWorker edge("edge1");
  std::string profile;
  CHECK(benchmark(edge, profile).error_code() == StatusCode::UNIMPLEMENTED);
}

TEST_CASE("A benchmark that fails is the worker's one line") {
  WorkerOptions options = worker_options("edge1");
  options.benchmark = [](const BenchmarkJob&) -> std::string {
    throw Error(ErrorCode::not_found, "there is no such model");
  };
  const RunningWorker edge(std::move(options));
  std::string profile;
  const grpc::Status status = benchmark(edge, profile);
  CHECK(status.error_code() == StatusCode::NOT_FOUND);
  CHECK(status.error_message() == "there is no such model");
}

TEST_CASE("A benchmark hears that its caller has gone") {
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = worker_options("edge1");
  options.benchmark = [gate](const BenchmarkJob& job) {
    gate->pass();
    while (!job.is_cancelled()) std::this_thread::yield();
    return std::string("{}");
  };
  const RunningWorker edge(std::move(options));
  const auto call = context();
  v1::BenchmarkRequest request;
  v1::BenchmarkResponse response;
  auto asked = std::async(std::launch::async,
                          [&] { return edge.control->Benchmark(call.get(), request, &response); });
  gate->open();
  REQUIRE(gate->wait_for_arrivals(1));
  call->TryCancel();
  CHECK(asked.get().error_code() == StatusCode::CANCELLED);
  // The computing thread is free again.
  REQUIRE(edge.deploy("net", "add 1").ok());
  CHECK(infer(*edge.stub, float_request("net", {1})).status.ok());
}

TEST_CASE("While a worker measures itself, requests wait") {
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = worker_options("edge1");
  std::atomic<bool> is_over = false;
  options.benchmark = [&](const BenchmarkJob&) {
    gate->pass();
    is_over = true;
    return std::string("{}");
  };
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  std::string profile;
  auto measured = std::async(std::launch::async, [&] { return benchmark(edge, profile); });
  REQUIRE(gate->wait_for_arrivals(1));
  auto answer = std::async(std::launch::async, [&] {
    const Inferred inferred = infer(*edge.stub, float_request("net", {1}));
    return inferred.status.ok() && is_over;
  });
  while (load_of(edge).queued_requests() == 0) std::this_thread::yield();
  gate->open();
  CHECK(answer.get());
  CHECK(measured.get().ok());
}
