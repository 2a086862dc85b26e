// The example dashboard for Grafana names only metrics that a worker has.
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "base/file.hpp"
#include "runtime/certificates.hpp"
#include "runtime/running_worker.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Names of all metrics of a worker that has requests, failures, clients and TLS.
std::set<std::string> offered_metrics() {
  const Certificates certificates;
  runtime::WorkerOptions options = worker_options("edge");
  options.http = "127.0.0.1:0";
  options.security.tls = certificates.issue("server");
  options.access.certificates = {"phone"};
  const RunningWorker worker(std::move(options));
  const auto client_of = [&](const std::string& name) {
    const runtime::TlsFiles files = certificates.issue(name);
    auto client = std::make_unique<httplib::SSLClient>(
        "localhost", worker.worker.http_port(), files.certificate.string(), files.key.string());
    client->set_ca_cert_path(certificates.authority().c_str());
    return client;
  };
  const auto client = client_of("phone");
  REQUIRE(client->Get("/v3")->status == 404);
  REQUIRE(client->Post("/v2/models/none/infer", R"({"inputs":[]})", "application/json")->status ==
          404);
  std::set<std::string> names;
  const std::string page = client->Get("/metrics")->body;
  const std::regex type("# TYPE ([a-z_]+) ([a-z]+)");
  for (auto match = std::sregex_iterator(page.begin(), page.end(), type);
       match != std::sregex_iterator(); ++match) {
    names.insert((*match)[1]);
    if ((*match)[2] == "histogram") names.insert((*match)[1].str() + "_bucket");
  }
  return names;
}

}  // namespace

TEST_CASE("The example dashboard asks for no metric that a worker does not have") {
  const std::set<std::string> offered = offered_metrics();
  const auto dashboard = nlohmann::json::parse(read_file("docs/grafana/scission-worker.json"));
  std::set<std::string> asked;
  const std::regex name("(scission|process)_[a-z_]+");
  const auto read = [&](const std::string& query) {
    for (auto match = std::sregex_iterator(query.begin(), query.end(), name);
         match != std::sregex_iterator(); ++match) {
      CAPTURE(query);
      CHECK(offered.count(match->str()) == 1);
      asked.insert(match->str());
    }
  };
  for (const auto& panel : dashboard.at("panels")) {
    REQUIRE_FALSE(panel.at("targets").empty());
    for (const auto& target : panel.at("targets")) read(target.at("expr"));
  }
  for (const auto& variable : dashboard.at("templating").at("list")) {
    if (variable.at("type") == "query") read(variable.at("query").at("query"));
  }
  CHECK(asked.size() > 20);
}
