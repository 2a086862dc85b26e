// Who may infer on a worker, over gRPC and HTTP.
#include <grpcpp/generic/generic_stub.h>
#include <httplib.h>

#include <atomic>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "runtime/certificates.hpp"
#include "runtime/pipeline/request_router.hpp"
#include "runtime/plain_sockets.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/wire/channel.hpp"
#include "scission/runtime/client/client.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

const std::string token = "token-0123456789abcdef";
const std::string peer_token = "peer-0123456789abcdef";

/// A worker with HTTP whose clients are phone and edge1, each with a token.
struct Guarded {
  explicit Guarded(InferAccess access = {}, std::shared_ptr<Gate> gate = {})
      : worker(options_of(std::move(access), std::move(gate))) {}

  WorkerOptions options_of(InferAccess access, std::shared_ptr<Gate> gate) const {
    WorkerOptions options = worker_options("cloud1", std::move(gate));
    options.http = "127.0.0.1:0";
    access.token_file =
        files.file("clients", "phone " + token + "\nedge1 " + peer_token + "\n").string();
    options.access = std::move(access);
    return options;
  }

  Scratch files;
  RunningWorker worker;
};

Inferred infer_with(const RunningWorker& worker, const std::string& its_token,
                    const std::string& model = "net") {
  const auto call = context();
  if (!its_token.empty()) call->AddMetadata("authorization", "Bearer " + its_token);
  return infer(*worker.stub, float_request(model, {1, 2, 3, 4}), call.get());
}

/// A call that sends no message.
struct MessagelessCall : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
  void OnDone(const grpc::Status& status) override { ended.set_value(status); }
  std::promise<grpc::Status> ended;
};

const std::string body =
    R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})";

httplib::Result post(const RunningWorker& worker, const httplib::Headers& headers,
                     const std::string& model = "net") {
  httplib::Client client("127.0.0.1", worker.worker.http_port());
  client.set_read_timeout(patience);
  return client.Post("/v2/models/" + model + "/infer", headers, body, "application/json");
}

httplib::Headers bearer(const std::string& its_token) {
  return {{"Authorization", "Bearer " + its_token}};
}

std::string metrics_of(const RunningWorker& worker) {
  httplib::Client client("127.0.0.1", worker.worker.http_port());
  return client.Get("/metrics", bearer(token))->body;
}

}  // namespace

TEST_CASE("With a file of tokens, a request needs one of them over gRPC") {
  const Guarded guarded;
  const RunningWorker& worker = guarded.worker;
  REQUIRE(worker.deploy("net", "add 1").ok());
  CHECK(infer_with(worker, token).status.ok());
  check_refused(infer_with(worker, ""), "needs a token", StatusCode::UNAUTHENTICATED);
  check_refused(infer_with(worker, "another-0123456789abc"), "is not one of",
                StatusCode::UNAUTHENTICATED);
  inference::ModelMetadataRequest query;
  query.set_name("net");
  inference::ModelMetadataResponse described;
  CHECK(worker.stub->ModelMetadata(context().get(), query, &described).error_code() ==
        StatusCode::UNAUTHENTICATED);
  inference::ServerReadyResponse ready;
  CHECK(worker.stub->ServerReady(context().get(), {}, &ready).ok());
}

TEST_CASE("A caller that may not infer is refused before its message is read") {
  const Guarded guarded;
  grpc::GenericStub stub(
      make_channel("127.0.0.1:" + std::to_string(guarded.worker.worker.port()), {}));
  const auto status_of_call = [&](const std::string& its_token, bool ends) {
    MessagelessCall call;
    const auto with = context();
    if (!its_token.empty()) with->AddMetadata("authorization", "Bearer " + its_token);
    stub.PrepareBidiStreamingCall(with.get(), infer_method, {}, &call);
    call.StartCall();
    if (ends) call.StartWritesDone();
    return call.ended.get_future().get();
  };
  CHECK(status_of_call("", false).error_code() == StatusCode::UNAUTHENTICATED);
  CHECK(status_of_call(token, true).error_code() == StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("With a file of tokens, HTTP needs one of them, but for its health") {
  const Guarded guarded;
  const RunningWorker& worker = guarded.worker;
  REQUIRE(worker.deploy("net", "add 1").ok());
  CHECK(post(worker, bearer(token))->status == 200);
  const auto refused = post(worker, {});
  REQUIRE(refused);
  CHECK(refused->status == 401);
  CHECK(refused->get_header_value("WWW-Authenticate") == "Bearer");
  CHECK(nlohmann::json::parse(refused->body).at("error").get<std::string>().find("needs a token") !=
        std::string::npos);
  httplib::Client client("127.0.0.1", worker.worker.http_port());
  CHECK(client.Get("/v2/models/net")->status == 401);
  CHECK(client.Get("/v2/models/net", bearer(token))->status == 200);
  CHECK(client.Get("/v2/models/net/ready", bearer(token))->status == 200);
  CHECK(client.Get("/metrics")->status == 401);
  CHECK(client.Get("/v2/health/ready")->status == 200);
  CHECK(client.Get("/v2")->status == 200);
}

TEST_CASE("A caller that another process claims to have authenticated is not believed") {
  const Guarded guarded;
  REQUIRE(guarded.worker.deploy("net", "add 1").ok());
  const auto call = context();
  call->AddMetadata("scission-caller-bin", std::string(32, 'x') + "0operator");
  check_refused(infer(*guarded.worker.stub, float_request("net", {1, 2, 3, 4}), call.get()),
                "needs a token", StatusCode::UNAUTHENTICATED);
}

TEST_CASE("A client's limits hold over gRPC and HTTP together, and are counted by its name") {
  const Guarded guarded({.token_file = {}, .certificates = {}, .requests_per_s = 0.01});
  const RunningWorker& worker = guarded.worker;
  REQUIRE(worker.deploy("net", "add 1").ok());
  CHECK(infer_with(worker, token).status.ok());
  check_refused(infer_with(worker, token), "client phone", StatusCode::RESOURCE_EXHAUSTED);
  const auto refused = post(worker, bearer(token));
  REQUIRE(refused);
  CHECK(refused->status == 429);
  CHECK(std::stoi(refused->get_header_value("Retry-After")) > 50);
  CHECK(infer_with(worker, peer_token).status.ok());
  CHECK(infer_with(worker, "").status.error_code() == StatusCode::UNAUTHENTICATED);
  const std::string metrics = metrics_of(worker);
  CAPTURE(metrics);
  for (const char* line : {"scission_client_request_admitted{client=\"phone\"} 1\n",
                           "scission_client_request_refused{client=\"phone\",reason=\"rate\"} 2\n",
                           "scission_client_request_admitted{client=\"edge1\"} 1\n",
                           "scission_unauthenticated_calls 1\n"}) {
    CHECK(metrics.find(line) != std::string::npos);
  }
}

TEST_CASE("A client above its rate is told when to call again, also by a worker behind another") {
  const Guarded cloud({.token_file = {}, .certificates = {}, .requests_per_s = 0.01});
  WorkerOptions options = worker_options("edge1");
  options.peer_security.token_file = cloud.files.file("peer", peer_token + "\n");
  options.peers = {{"cloud1", address_of(cloud.worker.worker)}};
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("first", "same").ok());
  Segment second = small_segment();
  second.inputs = {{"y", "float32", {1, 4}}};
  REQUIRE(cloud.worker.deploy("second", "same", second).ok());
  const Client client(address_of(edge.worker), {});
  InferRequest request;
  request.model = "first";
  request.inputs = {float_tensor("x", {1, 2, 3, 4})};
  request.route = {{"cloud1", "second", {}}};
  CHECK(std::holds_alternative<InferAnswer>(client.infer(request, 30)));
  const InferResult refused = client.infer(request, 30);
  REQUIRE(std::holds_alternative<CallFailure>(refused));
  CHECK(std::get<CallFailure>(refused).is_busy);
  CHECK(std::get<CallFailure>(refused).system == "cloud1");
  CHECK(std::get<CallFailure>(refused).retry_after_s > 50);
}

TEST_CASE(
    "A request that waits for a client limit is not overdue, and ends with its caller's patience") {
  const Guarded guarded({.token_file = {}, .certificates = {}, .requests_per_s = 0.01});
  REQUIRE(guarded.worker.deploy("net", "add 1").ok());
  Security security;
  security.token_file = guarded.files.file("phone", token + "\n");
  std::atomic<bool> is_patient = true;
  PipelineOptions options;
  options.deadline_s = 1000;
  options.may_wait = [&] { return is_patient.load(); };
  PipelineStage stage;
  stage.system = "cloud1";
  stage.model = "net";
  stage.client = std::make_shared<Client>(address_of(guarded.worker.worker), security);
  const auto plan = std::make_shared<DeployedPlan>();
  plan->pipeline = std::make_shared<Pipeline>(std::vector<PipelineStage>{stage}, options);
  RequestRouter router(10, {.on_completed = {}, .on_lost = {}});
  router.cut_over(plan);
  std::vector<std::promise<PipelineResult>> results(2);
  for (auto& result : results) {
    router.route({float_tensor("x", {1, 2, 3, 4})},
                 [&](RoutedResult routed) { result.set_value(std::move(routed.result)); });
    if (&result == results.data()) CHECK(result.get_future().get().is_answered);
  }
  while (plan->pipeline->since_limit_wait_s() > 0) std::this_thread::yield();
  const std::vector<InFlightRequest> waiting = router.in_flight();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].age_s == 0);
  is_patient = false;
  const PipelineResult result = results[1].get_future().get();
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.retry_after_s > 50);
  CHECK(result.limit_waits_s.count("cloud1") == 1);
  router.wait_until_empty();
}

TEST_CASE("A client may have no more requests under way than its limit") {
  const auto gate = std::make_shared<Gate>();
  const Guarded guarded({.token_file = {}, .certificates = {}, .requests = 1}, gate);
  const RunningWorker& worker = guarded.worker;
  REQUIRE(worker.deploy("slow", "wait").ok());
  std::thread caller([&] { CHECK(infer_with(worker, token, "slow").status.ok()); });
  REQUIRE(gate->wait_for_arrivals(1));
  check_refused(infer_with(worker, token, "slow"), "1 requests under way",
                StatusCode::RESOURCE_EXHAUSTED);
  gate->open();
  caller.join();
  CHECK(infer_with(worker, token, "slow").status.ok());
}

TEST_CASE("A client sends its token with every call, and a worker its own to the next one") {
  const Guarded cloud;
  WorkerOptions options = worker_options("edge1");
  options.peer_security.token_file = cloud.files.file("peer", peer_token + "\n");
  options.peers = {{"cloud1", address_of(cloud.worker.worker)}};
  const RunningWorker edge(std::move(options));
  Segment second = small_segment();
  second.inputs = {{"y", "float32", {1, 4}}};
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.worker.deploy("second", "multiply 3", second).ok());
  CHECK(infer(*edge.stub, float_request("first", {1}, "cloud1/second")).numbers() ==
        std::vector<float>{6});

  Security security;
  security.token_file = cloud.files.file("token", token + "\r\n");
  const Client client(address_of(cloud.worker.worker), security);
  CHECK(client.is_model_ready("second", 30));
  InferRequest request;
  request.model = "second";
  request.inputs = {float_tensor("y", {1, 2, 3, 4})};
  CHECK(std::holds_alternative<InferAnswer>(client.infer(request, 30)));
  const Client stranger(address_of(cloud.worker.worker), {});
  CHECK_ERROR(stranger.is_model_ready("second", 30), ErrorCode::mismatch, "needs a token");
  security.token_file = cloud.files.file("short", "abc\n");
  CHECK_ERROR(Client(address_of(cloud.worker.worker), security), ErrorCode::damaged, "short");
}

TEST_CASE("A certificate that may infer does not deploy, over gRPC and HTTP alike") {
  const Certificates certificates;
  WorkerOptions options = worker_options("cloud1");
  options.http = "127.0.0.1:0";
  options.security.tls = certificates.issue("server");
  options.access.certificates = {"phone"};
  const RunningWorker worker(std::move(options));
  const auto secure = [](const TlsFiles& files) {
    Security security;
    security.tls = files;
    return security;
  };
  const std::string address = address_of(worker.worker);
  const auto channel_of = [&](const std::string& name) {
    return make_channel(address, secure(certificates.issue(name)));
  };
  const auto operators = channel_of("operator");
  const Deployment deployment = fake_deployment(worker.folder, "net", "add 1");
  REQUIRE(RunningWorker::upload(*v1::Control::NewStub(operators), deployment, "add 1").ok());
  const auto phone = channel_of("phone");
  CHECK(RunningWorker::upload(*v1::Control::NewStub(phone), deployment, "add 1").error_code() ==
        StatusCode::PERMISSION_DENIED);
  const auto infer_by = [&](const std::shared_ptr<grpc::Channel>& channel) {
    return infer(*inference::GRPCInferenceService::NewStub(channel), float_request("net", {1}))
        .status.error_code();
  };
  CHECK(infer_by(phone) == StatusCode::OK);
  CHECK(infer_by(operators) == StatusCode::OK);
  CHECK(infer_by(make_channel(address, secure({certificates.authority(), {}, {}}))) ==
        StatusCode::UNAUTHENTICATED);

  const auto post_by = [&](const TlsFiles& files) {
    httplib::SSLClient client("localhost", worker.worker.http_port(), files.certificate.string(),
                              files.key.string());
    client.set_ca_cert_path(certificates.authority().c_str());
    client.set_read_timeout(patience);
    return client.Post("/v2/models/net/infer", body, "application/json")->status;
  };
  CHECK(post_by(certificates.issue("phone")) == 200);
  CHECK(post_by({}) == 401);
}

TEST_CASE("A certificate is who any of its names says, over gRPC and HTTP alike") {
  const Certificates certificates;
  WorkerOptions options = worker_options("cloud1");
  options.http = "127.0.0.1:0";
  options.security.tls = certificates.issue("server");
  options.access.certificates = {"app1", "10.1.2.3", "2001:db8::1"};
  const RunningWorker worker(std::move(options));
  const auto [subject, extensions, deploys] = GENERATE(table<std::string, std::string, bool>(
      {{"/CN=someone/CN=app1", "basicConstraints=CA:FALSE\n", false},
       {"/CN=someone", "subjectAltName=IP:10.1.2.3\n", false},
       {"/CN=someone", "subjectAltName=IP:2001:db8::1\n", false},
       {"/CN=someone", "subjectAltName=URI:x:y,DNS:app1\n", false},
       {"/O=nobody", "basicConstraints=CA:FALSE\n", true},
       {"/CN=someone", "subjectAltName=IP:10.1.2.4\n", true}}));
  CAPTURE(subject, extensions);
  Security security;
  security.tls = certificates.issue_as(subject, extensions);
  const auto channel = make_channel(address_of(worker.worker), security);
  const Deployment deployment = fake_deployment(worker.folder, "net", "add 1");
  CHECK(RunningWorker::upload(*v1::Control::NewStub(channel), deployment, "add 1").ok() == deploys);
  const grpc::Status called =
      infer(*inference::GRPCInferenceService::NewStub(channel), float_request("none", {1})).status;
  CHECK(called.error_code() == StatusCode::NOT_FOUND);
  httplib::SSLClient client("localhost", worker.worker.http_port(),
                            security.tls->certificate.string(), security.tls->key.string());
  client.set_ca_cert_path(certificates.authority().c_str());
  client.set_read_timeout(patience);
  CHECK(client.Post("/v2/models/none/infer", body, "application/json")->status == 404);
}

TEST_CASE("An authority that cannot be read is refused at the start, without HTTP too") {
  const Certificates certificates;
  const Scratch files;
  WorkerOptions options = worker_options("cloud1");
  options.store = files.path() / "store";
  options.security.tls = certificates.issue("server");
  options.security.tls->authority = files.file(
      "ca.pem", read_file(certificates.authority()) +
                    "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
  CHECK_ERROR(Worker(options), ErrorCode::damaged, "ca.pem");
}

TEST_CASE("A client above its limit is refused over HTTP before its body is read") {
  const Guarded guarded({.token_file = {}, .certificates = {}, .requests_per_s = 0.01});
  REQUIRE(guarded.worker.deploy("net", "add 1").ok());
  CHECK(post(guarded.worker, bearer(token))->status == 200);
  const Descriptor socket = plain_connection(guarded.worker.worker.http_port());
  REQUIRE(
      send_all(socket, "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                           token + "\r\nContent-Length: 100000\r\n\r\n"));
  const auto answer = receive(socket, 4096);
  REQUIRE(answer);
  CHECK(answer->find("HTTP/1.1 429") == 0);
  CHECK(metrics_of(guarded.worker).find("scission_client_request_admitted{client=\"phone\"} 1\n") !=
        std::string::npos);
}

TEST_CASE("After a failed reload, calls to other workers keep the certificates that were read") {
  const Guarded cloud;
  WorkerOptions options = worker_options("edge1");
  options.peer_security.token_file = cloud.files.file("peer", peer_token + "\n");
  options.peers = {{"cloud1", address_of(cloud.worker.worker)}};
  RunningWorker edge(std::move(options));
  Segment second = small_segment();
  second.inputs = {{"y", "float32", {1, 4}}};
  REQUIRE(edge.deploy("first", "add 1").ok());
  REQUIRE(cloud.worker.deploy("second", "multiply 3", second).ok());
  cloud.files.file("peer", "bad\n");
  CHECK_ERROR(edge.worker.reload(), ErrorCode::damaged, "peer");
  CHECK(infer(*edge.stub, float_request("first", {1}, "cloud1/second")).numbers() ==
        std::vector<float>{6});
}

TEST_CASE("Certificates and tokens that are read again hold for new connections") {
  const Certificates certificates;
  const Scratch files;
  const TlsFiles first = certificates.issue("server");
  const auto put = [&](const TlsFiles& from) {
    files.file("server.pem", read_file(from.certificate));
    files.file("server.key", read_file(from.key));
  };
  put(first);
  files.file("clients", "phone " + token + "\n");
  WorkerOptions options = worker_options("cloud1");
  options.http = "127.0.0.1:0";
  options.security.tls =
      TlsFiles{first.authority, files.path() / "server.pem", files.path() / "server.key"};
  options.access.token_file = files.path() / "clients";
  RunningWorker worker(std::move(options));
  const Certificates others;
  const auto reaches = [&](const Certificates& authority) {
    Security security;
    security.tls = TlsFiles{authority.authority(), {}, {}};
    return Client(address_of(worker.worker), security).is_live(10);
  };
  const auto reaches_http = [&](const Certificates& authority) {
    httplib::SSLClient client("localhost", worker.worker.http_port());
    client.set_ca_cert_path(authority.authority().c_str());
    client.set_read_timeout(patience);
    return static_cast<bool>(client.Get("/v2/health/live"));
  };
  CHECK(reaches(certificates));

  files.file("server.key", read_file(others.issue("server").key));
  CHECK_ERROR(worker.worker.reload(), ErrorCode::mismatch, "server.key");
  CHECK(reaches(certificates));
  put(others.issue("server"));
  files.file("clients", "phone\n");
  CHECK_ERROR(worker.worker.reload(), ErrorCode::damaged, "clients:1");
  CHECK(reaches(certificates));
  CHECK(reaches_http(certificates));

  files.file("clients", "tablet " + peer_token + "\n");
  worker.worker.reload();
  CHECK(reaches_http(others));
  CHECK_FALSE(reaches_http(certificates));
  bool is_reached = false;
  for (int i = 0; i < 300 && !is_reached; ++i) {
    is_reached = reaches(others);
    if (!is_reached) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(is_reached);
  CHECK_FALSE(reaches(certificates));
}
