// scission-worker's commands, on workers in this process.
#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/checksum.hpp"
#include "runtime/fleet.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Two workers, and a whole model that both have.
struct Asked {
  Fleet fleet{{"edge", "cloud"}};
  std::string edge = address_of(fleet.workers.at("edge")->worker);
  std::string cloud = address_of(fleet.workers.at("cloud")->worker);

  /// A folder with one segment, as scission-split writes it.
  std::string segments() const {
    const auto deployment = fake_deployment(fleet.folder, "net", "add 1");
    SegmentManifest manifest;
    manifest.model = "net";
    manifest.segments = {deployment.segment};
    manifest.segments.front().file = deployment.file.filename().string();
    write_manifest(manifest, fleet.folder.path());
    return fleet.folder.path().string();
  }

  ToolResult run(std::vector<std::string> arguments) const {
    return run_tool("scission-worker", arguments);
  }
};

}  // namespace

TEST_CASE("scission-worker loads segments to workers, lists and drops them") {
  const Asked asked;
  const ToolResult loaded = asked.run({"--load", asked.segments(), asked.edge, asked.cloud});
  CAPTURE(loaded.err);
  REQUIRE(loaded.exit_code == 0);
  CHECK(occurrences(loaded.out, "is served at") == 2);

  const ToolResult table = asked.run({"--list", asked.edge});
  CHECK(table.exit_code == 0);
  CHECK(contains(table.out, "net-" + sha256_of("add 1").substr(0, 12)));
  CHECK(contains(table.out, "whole"));
  CHECK(contains(table.out, "stays"));

  const ToolResult dropped = asked.run({"--drop", "net", asked.edge});
  CHECK(dropped.exit_code == 0);
  const ToolResult again = asked.run({"--drop", "net", asked.edge});
  CHECK(again.exit_code == 1);
  CHECK(contains(again.err, "not deployed"));

  const ToolResult json = asked.run({"--list", asked.edge, asked.cloud, "--json"});
  const auto workers = nlohmann::json::parse(json.out).at("workers");
  REQUIRE(workers.size() == 2);
  CHECK(workers[0].at("models").empty());
  CHECK(workers[1].at("models").at(0).at("given_name") == "net");
  CHECK_FALSE(workers[1].at("models").at(0).contains("lease"));
}

TEST_CASE("scission-worker tells which workers are ready") {
  const Asked asked;
  const ToolResult well = asked.run({"--health", asked.edge, asked.cloud});
  CHECK(well.exit_code == 0);
  CHECK(occurrences(well.out, "ready") == 2);
  const ToolResult away = asked.run({"--health", asked.edge, "127.0.0.1:1", "--json"});
  CHECK(away.exit_code == 1);
  const auto workers = nlohmann::json::parse(away.out).at("workers");
  CHECK(workers.at(0).at("state") == "ready");
  CHECK(workers.at(0).at("name") == "edge");
  CHECK(workers.at(1).at("state") == "unreachable");
  CHECK_FALSE(workers.at(1).at("failure").get<std::string>().empty());
}

TEST_CASE("scission-worker's help has its commands") {
  const std::string help = run_tool("scission-worker", {"--help"}).out;
  for (const char* option : {"--list", "--health", "--drop MODEL", "--load DIR", "--json"}) {
    CAPTURE(option);
    CHECK(contains(help, std::string("      ") + option));
  }
}

TEST_CASE("scission-worker refuses commands that cannot be meant") {
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--list"}, "HOST:PORT"},
           {{"--list", "edge"}, "'edge' is not an address"},
           {{"--list", "--health", "127.0.0.1:1"}, "exclude each other"},
           {{"--name", "edge", "127.0.0.1:1"}, "has no meaning without"},
           {{"--list", "--name", "edge", "127.0.0.1:1"}, "--name"},
           {{"--list", "192.0.2.1:1"}, "--insecure"}}) {
    CAPTURE(arguments);
    const ToolResult result = run_tool("scission-worker", arguments);
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, part));
    CHECK(is_one_line(result.err));
  }
}

TEST_CASE("A worker that is asked for it logs each request in JSON, and reads its tokens again") {
  const Scratch folder;
  const std::string clients = folder.file("clients", "phone 0123456789abcdef\n").string();
  RunningTool tool("scission-worker", {"--name", "edge", "--listen", "127.0.0.1:0", "--models",
                                       (folder.path() / "store").string(), "--log-level", "debug",
                                       "--log-format", "json", "--infer-token-file", clients});
  const auto within_patience = [](const std::function<bool()>& happens) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < give_up) {
      if (happens()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  };
  REQUIRE(within_patience([&] { return contains(tool.out(), "listens on "); }));
  const std::string said = tool.out();
  const std::size_t colon = said.rfind(':');
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(std::stoi(said.substr(colon + 1))),
                          grpc::InsecureChannelCredentials());
  const auto stub = inference::GRPCInferenceService::NewStub(channel);
  auto request = float_request("none", {1});
  request.set_id("seven");
  const auto call = context();
  call->AddMetadata("authorization", "Bearer 0123456789abcdef");
  CHECK(infer(*stub, request, call.get()).status.error_code() == grpc::StatusCode::NOT_FOUND);
  folder.file("clients", "phone\n");
  tool.send(SIGHUP);
  REQUIRE(within_patience([&] { return contains(tool.err(), "stay in use"); }));
  folder.file("clients", "tablet 0123456789abcdef\n");
  tool.send(SIGHUP);
  REQUIRE(within_patience([&] { return contains(tool.err(), "were read again"); }));
  tool.send(SIGTERM);
  const ToolResult result = tool.wait();
  CHECK(result.exit_code == 0);
  std::istringstream lines(result.err);
  bool is_found = false;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    const auto message = nlohmann::json::parse(line);
    if (message.at("message") != "request failed") continue;
    is_found = true;
    CHECK(message.at("level") == "debug");
    CHECK(message.at("request") == "seven");
    CHECK(message.at("client") == "phone");
    CHECK(message.at("model") == "none");
    CHECK(message.at("status") == "NOT_FOUND");
    CHECK(message.at("total_s").is_number());
    CHECK_FALSE(message.contains("next"));
  }
  CHECK(is_found);
}

TEST_CASE("A worker's limits of clients need clients") {
  const ToolResult result = run_tool("scission-worker", {"--name", "edge", "--client-rate", "5"});
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "--client-rate: needs clients"));
}
