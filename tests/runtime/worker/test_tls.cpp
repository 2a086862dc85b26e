#include <ctime>
#include <optional>
#include <string>

#include "runtime/certificates.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/status.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using grpc::StatusCode;

WorkerOptions tls_options(const std::string& name, const TlsFiles& files) {
  WorkerOptions options = worker_options(name);
  options.security.tls = files;
  options.peer_security.tls = files;
  return options;
}

/// Who trusts the authority and shows no certificate.
Security anonymous(const Certificates& certificates) {
  Security security;
  security.tls = TlsFiles{certificates.authority(), {}, {}};
  return security;
}

Security known(const TlsFiles& files) {
  Security security;
  security.tls = files;
  return security;
}

grpc::Status list(const std::shared_ptr<grpc::Channel>& channel) {
  v1::ListResponse response;
  return v1::Control::NewStub(channel)->List(context().get(), {}, &response);
}

bool is_live(const std::shared_ptr<grpc::Channel>& channel) {
  inference::ServerLiveResponse response;
  const auto stub = inference::GRPCInferenceService::NewStub(channel);
  return stub->ServerLive(context().get(), {}, &response).ok() && response.live();
}

}  // namespace

TEST_CASE("Control calls need a client's certificate, inference does not") {
  const Certificates certificates;
  const RunningWorker edge(tls_options("edge1", certificates.issue("server")));
  const std::string address = address_of(edge.worker);
  const auto client = make_channel(address, known(certificates.issue("client")));
  const auto stranger = make_channel(address, anonymous(certificates));

  const auto control = v1::Control::NewStub(client);
  const Deployment deployment = fake_deployment(edge.folder, "net", "add 1");
  REQUIRE(RunningWorker::upload(*control, deployment, "add 1").ok());
  CHECK(list(client).ok());

  CHECK(list(stranger).error_code() == StatusCode::PERMISSION_DENIED);
  const auto strange = v1::Control::NewStub(stranger);
  CHECK(RunningWorker::upload(*strange, deployment, "add 1").error_code() ==
        StatusCode::PERMISSION_DENIED);
  v1::ProbeResponse probed;
  CHECK(strange->Probe(context().get(), {}, &probed).error_code() == StatusCode::PERMISSION_DENIED);
  const auto stub = inference::GRPCInferenceService::NewStub(stranger);
  CHECK(infer(*stub, float_request("net", {1})).numbers() == std::vector<float>{2});
}

TEST_CASE("A certificate of another authority opens nothing") {
  const Certificates certificates;
  const Certificates others;
  const RunningWorker edge(tls_options("edge1", certificates.issue("server")));
  TlsFiles files = others.issue("client");
  files.authority = certificates.authority();
  CHECK(!is_live(make_channel(address_of(edge.worker), known(files))));
  CHECK(!is_live(make_channel(address_of(edge.worker), anonymous(others))));
}

TEST_CASE("Plain text gets no answer from a port with TLS, nor TLS from one without") {
  const Certificates certificates;
  const RunningWorker safe(tls_options("edge1", certificates.issue("server")));
  CHECK(!is_live(safe.channel));
  const RunningWorker plain("edge2");
  CHECK(!is_live(make_channel(address_of(plain.worker), anonymous(certificates))));
  CHECK(is_live(plain.channel));
}

TEST_CASE("Workers hand on to each other over TLS") {
  const Certificates certificates;
  const TlsFiles files = certificates.issue("server");
  const RunningWorker edge(tls_options("edge1", files));
  const RunningWorker cloud(tls_options("cloud1", files));
  const auto client = known(certificates.issue("client"));
  const auto channel = make_channel(address_of(edge.worker), client);
  const auto control = v1::Control::NewStub(channel);
  Segment second = small_segment();
  second.inputs = {{"y", "float32", {1, 4}}};
  REQUIRE(RunningWorker::upload(*control, fake_deployment(edge.folder, "first", "add 1"), "add 1")
              .ok());
  REQUIRE(RunningWorker::upload(
              *v1::Control::NewStub(make_channel(address_of(cloud.worker), client)),
              fake_deployment(edge.folder, "second", "multiply 3", second), "multiply 3")
              .ok());
  v1::SetPeersRequest peers;
  (*peers.mutable_peers())["cloud1"] = address_of(cloud.worker);
  v1::SetPeersResponse set;
  REQUIRE(control->SetPeers(context().get(), peers, &set).ok());
  const Inferred inferred = infer(*inference::GRPCInferenceService::NewStub(channel),
                                  float_request("first", {1}, "cloud1/second"));
  REQUIRE(inferred.status.ok());
  CHECK(inferred.numbers() == std::vector<float>{6});
}

TEST_CASE("A worker whose certificate is not there does not start") {
  const Certificates certificates;
  TlsFiles files = certificates.issue("server");
  files.certificate = "/nowhere/server.pem";
  const Scratch folder;
  WorkerOptions options = tls_options("edge1", files);
  options.store = folder.path();
  CHECK_ERROR(Worker(options), ErrorCode::not_found, "server.pem");
}

TEST_CASE("A key of another certificate is told as such, not as an address in use") {
  const Certificates certificates;
  TlsFiles files = certificates.issue("server");
  files.key = certificates.issue("client").key;
  CHECK_ERROR(RunningWorker(tls_options("edge1", files)), ErrorCode::mismatch,
              "is not the key of the certificate");
}

TEST_CASE("A certificate is refused when it has expired and before it is valid") {
  const Certificates certificates;
  const TlsFiles files = certificates.issue("server");
  constexpr std::time_t day = 86400;
  const std::time_t now = std::time(nullptr);
  validate_certificate(files, now);
  CHECK_ERROR(validate_certificate(files, now + 3 * day), ErrorCode::mismatch, "has expired on 20");
  CHECK_ERROR(validate_certificate(files, now - day), ErrorCode::mismatch, "is not valid before");
}

TEST_CASE("The end of a certificate is announced 30 days before") {
  const Certificates certificates;
  const TlsFiles files = certificates.issue("server", 40);
  constexpr std::time_t day = 86400;
  const std::time_t now = std::time(nullptr);
  CHECK(expiry_warning(files, now).empty());
  CHECK(expiry_warning(files, now + 15 * day).find("in 25 days") != std::string::npos);
  CHECK(expiry_warning({}, now).empty());
}

TEST_CASE("A key with a passphrase, and a file with neither, are told as such") {
  const Certificates certificates;
  const Scratch folder;
  TlsFiles files = certificates.issue("server");
  files.key = folder.file("key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  CHECK_ERROR(validate_certificate(files, std::time(nullptr)), ErrorCode::damaged, "passphrase");
}

TEST_CASE("A caller learns why TLS failed") {
  const Certificates certificates;
  const Certificates others;
  const RunningWorker secure(tls_options("edge1", certificates.issue("server")));
  const RunningWorker plain(worker_options("edge2"));
  const auto why = [](const std::string& address, const Security& security) {
    v1::ListResponse response;
    const auto channel = make_channel(address, security);
    const grpc::Status status = v1::Control::NewStub(channel)->List(context().get(), {}, &response);
    return failure_of(status, address, "").message;
  };
  CHECK(why(address_of(secure.worker), anonymous(others)).find("another authority") !=
        std::string::npos);
  CHECK(why(address_of(plain.worker), anonymous(certificates)).find("does not speak TLS") !=
        std::string::npos);
}
