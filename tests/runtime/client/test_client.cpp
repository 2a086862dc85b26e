#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control.grpc.pb.h"
#include "runtime/foreign_server.hpp"
#include "runtime/wire/message_fields.hpp"
#include "scission/runtime/client/client.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

constexpr double enough_s = 60;  // of time, for a call that answers

InferRequest request_for(const std::string& model) {
  InferRequest request;
  request.model = model;
  request.id = "7";
  request.inputs = {float_tensor("x", {1, 2, 3})};
  return request;
}

InferAnswer answer_of(InferResult result) {
  if (auto* failure = std::get_if<CallFailure>(&result)) FAIL(failure->message);
  return std::get<InferAnswer>(std::move(result));
}

CallFailure failure_of(const InferResult& result) {
  REQUIRE(std::holds_alternative<CallFailure>(result));
  const auto failure = std::get<CallFailure>(result);
  CHECK_FALSE(failure.message.empty());
  CHECK(failure.message.find('\n') == std::string::npos);
  return failure;
}

/// Keeps what a client sends of a file, and has `there` of it already.
class FakeControl : public v1::Control::Service {
 public:
  std::int64_t there = 0;
  bool is_complete = false;
  grpc::Status verdict = grpc::Status::OK;
  v1::DeployHeader header;
  std::string received;
  std::vector<std::size_t> pieces;

  grpc::Status UploadState(grpc::ServerContext*, const v1::UploadStateRequest*,
                           v1::UploadStateResponse* response) override {
    response->set_bytes(there);
    response->set_is_complete(is_complete);
    return grpc::Status::OK;
  }

  grpc::Status Deploy(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::DeployProgress, v1::DeployPart>* stream) override {
    v1::DeployPart part;
    if (!stream->Read(&part) || !part.has_header()) return {grpc::StatusCode::INTERNAL, "header"};
    header = part.header();
    v1::DeployProgress progress;
    progress.set_bytes(header.offset());
    stream->Write(progress);
    while (stream->Read(&part)) {
      received += part.piece();
      pieces.push_back(part.piece().size());
      progress.set_bytes(progress.bytes() + static_cast<std::int64_t>(part.piece().size()));
      stream->Write(progress);
    }
    return verdict;
  }

  grpc::Status Probe(grpc::ServerContext*, const v1::ProbeRequest* request,
                     v1::ProbeResponse*) override {
    received = request->payload();
    return grpc::Status::OK;
  }

  grpc::Status List(grpc::ServerContext*, const v1::ListRequest*,
                    v1::ListResponse* response) override {
    auto* model = response->add_models();
    model->set_model("net");
    model->set_sha256("ab");
    model->set_bytes(5);
    return grpc::Status::OK;
  }

  grpc::Status Drop(grpc::ServerContext*, const v1::DropRequest* request,
                    v1::DropResponse*) override {
    if (request->model() == "net") return grpc::Status::OK;
    return {grpc::StatusCode::PERMISSION_DENIED, "needs a certificate"};
  }
};

/// A file of more than one piece.
std::string file_text() {
  std::string text(700'000, '\0');
  std::iota(text.begin(), text.end(), '\0');
  return text;
}

}  // namespace

TEST_CASE("A foreign server is asked what the protocol offers") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  CHECK(client.address() == server.address());
  CHECK(client.is_live(enough_s));
  CHECK_FALSE(client.is_ready(enough_s));
  CHECK(client.is_model_ready("net", enough_s));
  CHECK_FALSE(client.is_model_ready("other", enough_s));
  CHECK_FALSE(client.is_model_ready("unknown", enough_s));
  CHECK_ERROR(client.is_model_ready("broken", enough_s), ErrorCode::io, "out of order");
  CHECK(client.server(enough_s).name == "foreign");
  CHECK(client.server(enough_s).extensions == std::vector<std::string>{"statistics"});
  const ModelInfo model = client.model("net", enough_s);
  CHECK(model.platform == "pytorch_libtorch");
  CHECK(model.inputs == std::vector<TensorSpec>{{"INPUT__0", "bfloat16", {-1, 3}}});
  CHECK(model.outputs == std::vector<TensorSpec>{{"OUTPUT__0", "BYTES", {}}});
}

TEST_CASE("A foreign server offers none of our own calls") {
  ForeignService service;
  const InProcessServer server(0, service);
  Client client(server.address(), {});
  const Scratch scratch;
  const Deployment deployment = fake_deployment(scratch, "net", "same");
  CHECK_ERROR(client.deploy(deployment, enough_s), ErrorCode::unsupported, server.address());
  CHECK_ERROR(client.list(enough_s), ErrorCode::unsupported, server.address());
  CHECK_ERROR(client.load(enough_s), ErrorCode::unsupported, server.address());
  CHECK_ERROR(client.probe(100, enough_s), ErrorCode::unsupported, server.address());
  CHECK_ERROR(client.benchmark({}, enough_s), ErrorCode::unsupported, server.address());
}

TEST_CASE("Tensors come back from a foreign server, raw and typed") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  const InferAnswer answer = answer_of(client.infer(request_for("same"), enough_s));
  REQUIRE(answer.outputs.size() == 1);
  CHECK(answer.outputs[0].name == "x");
  CHECK(floats_of(answer.outputs[0]) == std::vector<float>{1, 2, 3});
  CHECK(answer.stages.empty());
  CHECK(answer.sent_bytes > 12);
  CHECK(answer.call_s > 0);
  const InferAnswer typed = answer_of(client.infer(request_for("typed"), enough_s));
  CHECK(floats_of(typed.outputs.at(0)) == std::vector<float>{7});
}

TEST_CASE("Stages tell of themselves in the order of the route") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  const InferAnswer answer = answer_of(client.infer(request_for("timed"), enough_s));
  REQUIRE(answer.stages.size() == 2);
  CHECK(answer.stages[0].system == "edge1");
  CHECK(answer.stages[0].compute_s == 1e-6);
  CHECK(answer.stages[1].system == "cloud1");
  CHECK(answer.stages[1].received_bytes == 100);
  // It claims more than the call took.
  CHECK(answer.stages[1].compute_s == answer.call_s);
}

TEST_CASE("Large tensors pass in both directions") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  InferRequest request = request_for("same");
  std::string bytes(9 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  request.inputs = {{"x", "uint8", {9 << 20}, to_shared_bytes(bytes)}};
  const InferAnswer answer = answer_of(client.infer(request, enough_s));
  CHECK((answer.outputs.at(0).bytes.view() == bytes));
}

TEST_CASE("Failures say whether to try again") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  const auto failure = [&](grpc::StatusCode code) {
    const auto model = std::to_string(static_cast<int>(code));
    return failure_of(client.infer(request_for(model), enough_s));
  };
  for (const auto code : {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED,
                          grpc::StatusCode::ABORTED, grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    CAPTURE(code);
    CHECK(failure(code).is_transient);
    CHECK(failure(code).is_busy == (code == grpc::StatusCode::RESOURCE_EXHAUSTED));
    CHECK(failure(code).system == "cloud1");
    CHECK(failure(code).message.find("said so") != std::string::npos);
    CHECK(failure(code).message.find(server.address()) == 0);
  }
  for (const auto code :
       {grpc::StatusCode::NOT_FOUND, grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::INTERNAL,
        grpc::StatusCode::UNKNOWN, grpc::StatusCode::UNIMPLEMENTED,
        grpc::StatusCode::PERMISSION_DENIED, grpc::StatusCode::FAILED_PRECONDITION}) {
    CAPTURE(code);
    CHECK_FALSE(failure(code).is_transient);
    CHECK_FALSE(failure(code).is_busy);
  }
}

TEST_CASE("An answer that does not fit itself is a failure for good") {
  ForeignService service;
  const InProcessServer server(0, service);
  const Client client(server.address(), {});
  const CallFailure failure = failure_of(client.infer(request_for("nonsense"), enough_s));
  CHECK(failure.message.find("has 3 bytes") != std::string::npos);
  CHECK_FALSE(failure.is_transient);
}

TEST_CASE("A tensor of a type that the protocol lacks is reported as a failure") {
  const Client client("127.0.0.1:1", {});
  InferRequest request = request_for("same");
  request.inputs[0].dtype = "complex64";
  const CallFailure failure = failure_of(client.infer(request, enough_s));
  CHECK(failure.message.find("complex64") != std::string::npos);
  CHECK_FALSE(failure.is_transient);
}

TEST_CASE("What is late ends at the deadline") {
  ForeignService service;
  const InProcessServer server(0, service);
  const OpenAtEnd opener(service.gate);
  const Client client(server.address(), {});
  const CallFailure failure = failure_of(client.infer(request_for("wait"), 0.05));
  CHECK(failure.is_transient);
  CHECK_FALSE(failure.is_busy);
  CHECK(failure.message.find("deadline") != std::string::npos);
  CHECK(failure_of(client.infer(request_for("wait"), 0)).is_transient);
}

TEST_CASE("A server that is away is one to try again, and found when it is back") {
  int port = 0;
  ForeignService service;
  {
    const InProcessServer server(0, service);
    port = server.port();
  }
  Client client("127.0.0.1:" + std::to_string(port), {});
  CHECK(failure_of(client.infer(request_for("same"), enough_s)).is_transient);
  CHECK_FALSE(client.is_live(enough_s));
  CHECK_FALSE(client.is_ready(enough_s));
  CHECK_ERROR(client.server(enough_s), ErrorCode::io, "127.0.0.1:");
  CHECK_ERROR(client.drop("net", enough_s), ErrorCode::io, "127.0.0.1:");
  const InProcessServer server(port, service);
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  bool has_recovered = false;
  while (!has_recovered && std::chrono::steady_clock::now() < latest)
    has_recovered = client.is_live(enough_s);
  CHECK(has_recovered);
}

TEST_CASE("Destroying a client ends the calls under way, each answered once") {
  ForeignService service;
  const InProcessServer server(0, service);
  const OpenAtEnd opener(service.gate);
  std::atomic<int> answers = 0;
  std::atomic<int> failures = 0;
  std::optional<Client> client(std::in_place, server.address(), Security{});
  for (int i = 0; i < 3; ++i) {
    client->infer(request_for("wait"), enough_s, [&](const InferResult& result) {
      if (std::holds_alternative<CallFailure>(result)) ++failures;
      ++answers;
    });
  }
  CHECK(service.gate.wait_for_arrivals(3));
  client.reset();
  CHECK(answers == 3);
  CHECK(failures == 3);
}

TEST_CASE("A client may be destroyed by what it calls") {
  ForeignService service;
  const InProcessServer server(0, service);
  auto client = std::make_shared<Client>(server.address(), Security{});
  std::promise<void> done;
  Client& used = *client;
  used.infer(request_for("same"), enough_s,
             [&done, last = std::move(client)](const InferResult&) mutable {
               last.reset();
               done.set_value();
             });
  CHECK(done.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
}

TEST_CASE("A file goes out in pieces from where the worker has it to") {
  FakeControl control;
  const InProcessServer server(0, control);
  Client client(server.address(), {});
  const Scratch scratch;
  const std::string text = file_text();
  const Deployment deployment = fake_deployment(scratch, "net", text);
  std::vector<std::int64_t> arrived;
  UploadOptions options;
  options.on_progress = [&](std::int64_t bytes, std::int64_t total) {
    CHECK(total == 700'000);
    arrived.push_back(bytes);
  };
  client.deploy(deployment, enough_s, options);
  CHECK((control.received == text));
  CHECK(control.pieces == std::vector<std::size_t>{262144, 262144, 175712});
  CHECK(std::is_sorted(arrived.begin(), arrived.end()));
  REQUIRE_FALSE(arrived.empty());
  CHECK(arrived.back() == 700'000);
  CHECK(control.header.model() == "net");
  CHECK(control.header.offset() == 0);
  CHECK(parse_segment(control.header.segment(), "") == deployment.segment);

  control.received.clear();
  control.there = 600'000;
  client.deploy(deployment, enough_s);
  CHECK(control.header.offset() == 600'000);
  CHECK((control.received == text.substr(600'000)));

  control.received.clear();
  control.is_complete = true;
  client.deploy(deployment, enough_s);
  CHECK(control.header.offset() == 700'000);
  CHECK(control.received.empty());
}

// test_upload_pace.cpp has the times.
TEST_CASE(
    "A file that may use a share of the link goes out in small pieces, until it may use all") {
  FakeControl control;
  const InProcessServer server(0, control);
  Client client(server.address(), {});
  const Scratch scratch;
  const std::string text = file_text();
  const Deployment deployment = fake_deployment(scratch, "net", text);
  UploadOptions options;
  int asked = 0;

  SECTION("a share") {
    options.share = [&] { return ++asked, 0.4; };
    client.deploy(deployment, enough_s, options);
    CHECK(control.pieces.size() >= 6);  // they begin at 16 KiB and at most double
    CHECK(asked == static_cast<int>(control.pieces.size()));
  }
  SECTION("all of it after a while") {
    options.share = [&] { return ++asked <= 3 ? 0.4 : 1; };
    client.deploy(deployment, enough_s, options);
    REQUIRE(control.pieces.size() > 4);
    CHECK(control.pieces[3] == 262144);
  }
  CHECK(control.pieces.front() == 16384);
  CHECK((control.received == text));
}

TEST_CASE("A file that is not the segment's is refused, here or there") {
  FakeControl control;
  const InProcessServer server(0, control);
  Client client(server.address(), {});
  const Scratch scratch;
  Deployment deployment = fake_deployment(scratch, "net", "same");
  control.verdict = {grpc::StatusCode::DATA_LOSS, "the checksum differs"};
  CHECK_ERROR(client.deploy(deployment, enough_s), ErrorCode::damaged,
              deployment.file.filename().string());
  control.verdict = {grpc::StatusCode::RESOURCE_EXHAUSTED, "no room"};
  CHECK_ERROR(client.deploy(deployment, enough_s), ErrorCode::io, "no room");
  control.received.clear();
  deployment.segment.bytes = 5;
  CHECK_ERROR(client.deploy(deployment, enough_s), ErrorCode::damaged, "has 4 bytes");
  deployment.file = scratch.path() / "none.pt";
  CHECK_ERROR(client.deploy(deployment, enough_s), ErrorCode::not_found, "none.pt");
  CHECK(control.received.empty());
}

TEST_CASE("Workers are asked for their models and probed with messages of a size") {
  FakeControl control;
  const InProcessServer server(0, control);
  Client client(server.address(), {});
  const std::vector<StoredModel> models = client.list(enough_s);
  REQUIRE(models.size() == 1);
  CHECK(models[0].model == "net");
  CHECK(models[0].sha256 == "ab");
  CHECK(models[0].bytes == 5);
  CHECK_NOTHROW(client.drop("net", enough_s));
  CHECK_ERROR(client.drop("other", enough_s), ErrorCode::mismatch, "needs a certificate");
  CHECK(client.probe(1 << 20, enough_s) > 0);
  CHECK(control.received.size() == 1 << 20);
}

TEST_CASE("A client without TLS does not leave the machine") {
  CHECK_ERROR(Client("10.0.0.2:8001", {}), ErrorCode::invalid_argument, "--insecure");
}

TEST_CASE("workers are a row each, and one that cannot be reached a line below") {
  StoredModel kept;
  kept.model = "net-1";
  kept.bytes = 2000;
  std::vector<WorkerStatus> workers(2);
  workers[0].address = "a:1";
  workers[0].state = WorkerState::ready;
  workers[0].name = "box";
  workers[0].models = {kept};
  workers[1].address = "b:2";
  workers[1].failure = "no answer";
  CHECK(format_workers(workers) ==
        "address  state        name  version\n"
        "a:1      ready        box\n"
        "b:2      unreachable\n"
        "b:2: no answer\n");
  const std::string models = format_stored_models(workers);
  CHECK(models.find("2.00 kB          stays\n") != std::string::npos);
  CHECK(models.ends_with("b:2: no answer\n"));
}
