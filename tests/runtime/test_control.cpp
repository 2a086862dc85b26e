#include <fmt/format.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "runtime/running_worker.hpp"
#include "runtime/system_load.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

v1::UploadStateResponse upload_state(const RunningWorker& worker, const std::string& sha256) {
  v1::UploadStateRequest request;
  request.set_sha256(sha256);
  v1::UploadStateResponse response;
  REQUIRE(worker.control->UploadState(context().get(), request, &response).ok());
  return response;
}

std::vector<std::string> models_of(const RunningWorker& worker) {
  v1::ListResponse response;
  REQUIRE(worker.control->List(context().get(), {}, &response).ok());
  std::vector<std::string> lines;
  for (const auto& model : response.models()) {
    lines.push_back(fmt::format("{} {} {}", model.model(), model.sha256(), model.bytes()));
  }
  return lines;
}

grpc::Status drop(const RunningWorker& worker, const std::string& model) {
  v1::DropRequest request;
  request.set_model(model);
  v1::DropResponse response;
  return worker.control->Drop(context().get(), request, &response);
}

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

TEST_CASE("A deployed segment is listed, and is not after it was dropped") {
  const RunningWorker edge("edge1");
  CHECK(models_of(edge).empty());
  REQUIRE(edge.deploy("net/01", "add 1").ok());
  CHECK(models_of(edge) == std::vector<std::string>{"net/01 " + sha256_of("add 1") + " 5"});
  REQUIRE(drop(edge, "net/01").ok());
  CHECK(models_of(edge).empty());
  CHECK(drop(edge, "net/01").error_code() == StatusCode::NOT_FOUND);
  CHECK(infer(*edge.stub, float_request("net/01", {1})).status.error_code() ==
        StatusCode::NOT_FOUND);
}

TEST_CASE("Deploying the same twice sends nothing the second time") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  CHECK(upload_state(edge, sha256_of("add 1")).is_complete());
  CHECK(upload_state(edge, sha256_of("add 1")).bytes() == 5);
  const Deployment deployment = fake_deployment(edge.folder, "net", "add 1");
  CHECK(RunningWorker::upload(*edge.control, deployment, "", 5).ok());
  CHECK(models_of(edge).size() == 1);
}

TEST_CASE("A model is replaced while it is served") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  REQUIRE(edge.deploy("net", "add 2").ok());
  CHECK(infer(*edge.stub, float_request("net", {1})).numbers() == std::vector<float>{3});
  CHECK(models_of(edge).size() == 1);
}

TEST_CASE("An interrupted upload goes on where it was") {
  const RunningWorker edge("edge1");
  const Deployment deployment = fake_deployment(edge.folder, "net", "add 1000");
  const std::string& sha256 = deployment.segment.sha256;
  CHECK(RunningWorker::upload(*edge.control, deployment, "add ").error_code() ==
        StatusCode::ABORTED);
  CHECK(upload_state(edge, sha256).bytes() == 4);
  CHECK(!upload_state(edge, sha256).is_complete());
  CHECK(RunningWorker::upload(*edge.control, deployment, "1000", 3).error_code() ==
        StatusCode::FAILED_PRECONDITION);
  REQUIRE(RunningWorker::upload(*edge.control, deployment, "1000", 4).ok());
  CHECK(upload_state(edge, sha256).is_complete());
  CHECK(infer(*edge.stub, float_request("net", {1})).numbers() == std::vector<float>{1001});
}

TEST_CASE("A file of another checksum is refused and forgotten") {
  const RunningWorker edge("edge1");
  const Deployment deployment = fake_deployment(edge.folder, "net", "add 1");
  CHECK(RunningWorker::upload(*edge.control, deployment, "add 2").error_code() ==
        StatusCode::DATA_LOSS);
  CHECK(upload_state(edge, deployment.segment.sha256).bytes() == 0);
  CHECK(models_of(edge).empty());
  CHECK(RunningWorker::upload(*edge.control, deployment, "add 1").ok());
}

TEST_CASE("A deployment that cannot be meant is refused") {
  WorkerOptions options = worker_options("edge1");
  options.limits.models = 1;
  options.limits.model_bytes = 10;
  const RunningWorker edge(std::move(options));
  Deployment deployment = fake_deployment(edge.folder, "net", "add 1");
  const auto code = [&](const std::string& bytes) {
    return RunningWorker::upload(*edge.control, deployment, bytes).error_code();
  };

  SECTION("more bytes than announced") { CHECK(code("add 12") == StatusCode::INVALID_ARGUMENT); }
  SECTION("no name") {
    deployment.model = "";
    CHECK(code("add 1") == StatusCode::INVALID_ARGUMENT);
  }
  SECTION("a name without end") {
    deployment.model = std::string(2000, 'x');
    CHECK(code("add 1") == StatusCode::INVALID_ARGUMENT);
  }
  SECTION("no checksum") {
    deployment.segment.sha256 = "../../../etc/passwd";
    CHECK(code("add 1") == StatusCode::INVALID_ARGUMENT);
  }
  SECTION("too large") {
    deployment = fake_deployment(edge.folder, "net", "add 1234567");
    CHECK(code("add 1234567") == StatusCode::FAILED_PRECONDITION);
  }
  SECTION("tensors of a type that the protocol has not") {
    deployment.segment.inputs[0].dtype = "complex64";
    CHECK(!RunningWorker::upload(*edge.control, deployment, "add 1").ok());
  }
  SECTION("one model too many") {
    REQUIRE(edge.deploy("other", "add 2").ok());
    CHECK(code("add 1") == StatusCode::FAILED_PRECONDITION);
    CHECK(edge.deploy("other", "add 3").ok());
    return;
  }
  SECTION("pieces without a header") {
    const auto call = context();
    v1::DeployResponse response;
    const auto writer = edge.control->Deploy(call.get(), &response);
    v1::DeployPart piece;
    piece.set_piece("add 1");
    writer->Write(piece);
    writer->WritesDone();
    CHECK(writer->Finish().error_code() == StatusCode::INVALID_ARGUMENT);
  }
  CHECK(models_of(edge).empty());
}

TEST_CASE("Two uploads of a file at once leave it whole") {
  const RunningWorker edge("edge1");
  const std::string words = "add 1 " + std::string(300'000, 'x');
  const Deployment deployment = fake_deployment(edge.folder, "net", words);
  const auto send = [&] {
    // Whoever finds the file taken, or grown meanwhile, comes back.
    for (;;) {
      const auto state = upload_state(edge, deployment.segment.sha256);
      const auto offset = static_cast<std::size_t>(state.bytes());
      const grpc::Status status = RunningWorker::upload(
          *edge.control, deployment, words.substr(offset), static_cast<std::int64_t>(offset));
      if (status.error_code() != StatusCode::ABORTED &&
          status.error_code() != StatusCode::FAILED_PRECONDITION) {
        return status.ok();
      }
    }
  };
  auto other = std::async(std::launch::async, send);
  CHECK(send());
  CHECK(other.get());
  CHECK(infer(*edge.stub, float_request("net", {1})).numbers() == std::vector<float>{2});
}

TEST_CASE("A worker that starts again serves what it served") {
  const Scratch folder;
  WorkerOptions options = worker_options("edge1");
  options.store = folder.path() / "store";
  {
    Worker worker(options);
    const auto control = v1::Control::NewStub(
        grpc::CreateChannel(address_of(worker), grpc::InsecureChannelCredentials()));
    REQUIRE(RunningWorker::upload(*control, fake_deployment(folder, "net", "add 1"), "add 1").ok());
    REQUIRE(RunningWorker::upload(*control, fake_deployment(folder, "bad", "add 2"), "add 2").ok());
  }
  write_file_atomically(options.store / "segments" / (sha256_of("add 2") + ".pt"), "add 3");
  std::vector<std::string> events;
  options.on_event = [&](const std::string& event) { events.push_back(event); };
  const Worker worker(options);
  REQUIRE(events.size() == 1);
  CHECK(events[0].find("bad") != std::string::npos);
  const auto stub = inference::GRPCInferenceService::NewStub(
      grpc::CreateChannel(address_of(worker), grpc::InsecureChannelCredentials()));
  CHECK(infer(*stub, float_request("net", {1})).numbers() == std::vector<float>{2});
  CHECK(infer(*stub, float_request("bad", {1})).status.error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("A model that is dropped while it runs still answers") {
  const auto gate = std::make_shared<Gate>();
  const RunningWorker edge("edge1", gate);
  REQUIRE(edge.deploy("slow", "wait").ok());
  auto answer =
      std::async(std::launch::async, [&] { return infer(*edge.stub, float_request("slow", {1})); });
  REQUIRE(gate->wait_for_arrivals(1));
  REQUIRE(drop(edge, "slow").ok());
  gate->open();
  CHECK(answer.get().status.ok());
}

TEST_CASE("A probe is answered, whatever its size") {
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

TEST_CASE("The kernel's figures are read as they are meant") {
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
