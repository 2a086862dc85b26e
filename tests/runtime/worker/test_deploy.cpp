#include <fmt/format.h>

#include <future>
#include <string>
#include <vector>

#include "runtime/running_worker.hpp"
#include "support/catch.hpp"

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

TEST_CASE("An interrupted upload resumes where it stopped") {
  const RunningWorker edge("edge1");
  const Deployment deployment = fake_deployment(edge.folder, "net", "add 1000");
  const std::string& sha256 = deployment.segment.sha256;
  CHECK(RunningWorker::upload(*edge.control, deployment, "add ").error_code() ==
        StatusCode::ABORTED);
  CHECK(upload_state(edge, sha256).bytes() == 4);
  CHECK(!upload_state(edge, sha256).is_complete());
  CHECK(RunningWorker::upload(*edge.control, deployment, "1000", 3).error_code() ==
        StatusCode::ABORTED);
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
    const auto stream = edge.control->Deploy(call.get());
    v1::DeployPart piece;
    piece.set_piece("add 1");
    stream->Write(piece);
    stream->WritesDone();
    CHECK(stream->Finish().error_code() == StatusCode::INVALID_ARGUMENT);
  }
  CHECK(models_of(edge).empty());
}

TEST_CASE("Two uploads of a file at once leave it whole, and neither counts as a failure") {
  std::mutex mutex;
  std::vector<std::string> events;
  WorkerOptions options = worker_options("edge1");
  options.on_event = [&](const std::string& event) {
    const std::lock_guard lock(mutex);
    events.push_back(event);
  };
  const RunningWorker edge(std::move(options));
  const std::string words = "add 1 " + std::string(300'000, 'x');
  const Deployment deployment = fake_deployment(edge.folder, "net", words);
  const auto send = [&] {
    // Whoever finds the file taken, or grown meanwhile, comes back.
    for (;;) {
      const auto state = upload_state(edge, deployment.segment.sha256);
      const auto offset = static_cast<std::size_t>(state.bytes());
      const grpc::Status status = RunningWorker::upload(
          *edge.control, deployment, words.substr(offset), static_cast<std::int64_t>(offset));
      if (status.error_code() != StatusCode::ABORTED) return status.ok();
    }
  };
  auto other = std::async(std::launch::async, send);
  CHECK(send());
  CHECK(other.get());
  CHECK(infer(*edge.stub, float_request("net", {1})).numbers() == std::vector<float>{2});
  const std::lock_guard lock(mutex);
  for (const std::string& event : events) CHECK(!contains(event, "failed"));
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

namespace {

/// A deployment that has sent its header and no more.
struct Stalled {
  explicit Stalled(const RunningWorker& worker, const std::string& words)
      : call(context()), stream(worker.control->Deploy(call.get())) {
    const Deployment deployment = fake_deployment(worker.folder, words, words);
    v1::DeployPart header;
    header.mutable_header()->set_model(deployment.model);
    header.mutable_header()->set_segment(format_segment(deployment.segment));
    stream->Write(header);
  }

  ~Stalled() {
    call->TryCancel();
    (void)stream->Finish();
  }
  Stalled(const Stalled&) = delete;
  Stalled& operator=(const Stalled&) = delete;

  std::unique_ptr<grpc::ClientContext> call;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DeployPart, v1::DeployProgress>> stream;
};

}  // namespace

TEST_CASE("A deployment whose caller falls silent is cut off, and its file is free again") {
  WorkerOptions options = worker_options("edge1");
  options.limits.stall_s = 1.5;  // the second deployment must keep it on a loaded machine
  const RunningWorker edge(std::move(options));
  Stalled stalled(edge, "add 1");
  v1::DeployProgress progress;
  while (stalled.stream->Read(&progress)) {
  }
  // The caller learns of the end before the worker has let go of the file.
  grpc::Status status = edge.deploy("net", "add 1");
  while (status.error_code() == StatusCode::ABORTED) status = edge.deploy("net", "add 1");
  CHECK(status.ok());
}

TEST_CASE("Stalled deployments up to the limit leave other control calls their threads") {
  WorkerOptions options = worker_options("edge1");
  options.limits.deployments = 2;
  const RunningWorker edge(std::move(options));
  std::vector<std::unique_ptr<Stalled>> stalled;
  for (const char* words : {"add 1", "add 2"}) {
    stalled.push_back(std::make_unique<Stalled>(edge, words));
    v1::DeployProgress progress;
    REQUIRE(stalled.back()->stream->Read(&progress));  // it is under way
  }
  const grpc::Status status = edge.deploy("net", "add 3");
  CHECK(status.error_code() == StatusCode::ABORTED);
  CHECK(contains(status.error_message(), "2 deployments are under way"));
  CHECK(models_of(edge).empty());
  stalled.clear();
}
