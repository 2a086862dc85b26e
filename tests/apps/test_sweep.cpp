// scission-adapt sweep with real workers, a real model and real stress, end to end.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "runtime/certificates.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/processes.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

/// The address in "scission-worker: cloud listens on 127.0.0.1:4711", once it is there.
std::string address_of(const RunningTool& worker) {
  const std::string words = " listens on ";
  const bool listens = happens_within(60, [&] { return worker.out().ends_with('\n'); });
  INFO(worker.err());
  REQUIRE(listens);
  const std::string line = worker.out();
  const std::size_t begin = line.find(words) + words.size();
  return line.substr(begin, line.find('\n') - begin);
}

using Words = std::vector<std::string>;

Words operator+(Words words, const Words& further) {
  words.insert(words.end(), further.begin(), further.end());
  return words;
}

/// A worker that runs.
struct Serving {
  explicit Serving(const std::string& name, const Words& further = {})
      : store((folder.path() / "store").string()),
        worker(std::make_unique<RunningTool>(
            "scission-worker",
            Words{"--name", name, "--listen", "127.0.0.1:0", "--models", store, "--threads", "1"} +
                further)),
        address(address_of(*worker)) {}

  /// Everything that the worker has started.
  std::vector<pid_t> stress() const { return descendants_of(processes_of(store)); }

  Scratch folder;
  std::string store;
  std::unique_ptr<RunningTool> worker;
  std::string address;
};

/// A short sweep of a small model, cut between `source` and the workers that are there.
Words short_sweep(const std::string& source, const std::string& at, const Words& further) {
  return Words{"sweep",   "lenet", "--name",      source, "--workers", at,  "--threads",   "1",
               "--count", "6",     "--max-count", "8",    "--warmup",  "1", "--precision", "200%"} +
         further;
}

struct Cloud : Serving {
  Cloud() : Serving("cloud") {}

  Words sweep(const Words& further) const {
    return short_sweep("edge", "cloud=" + address, further);
  }
};

/// A program that notes what it is called with, a line a call.
std::string noting_program(const Scratch& folder, const fs::path& notes) {
  const fs::path program =
      folder.file("set-rate", "#!/bin/sh\necho \"$@\" >> " + notes.string() + "\n");
  fs::permissions(program, fs::perms::owner_all);
  return program.string();
}

constexpr double patience_s = 10;

}  // namespace

TEST_CASE("A sweep of two conditions is measured end to end, goes on, and is analysed") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Cloud cloud;
  const std::string out = (cloud.folder.path() / "sweep").string();
  const auto arguments = cloud.sweep({"--network", "400", "--cloud-cpu", "0,50", "-o", out});
  const ToolResult result = run_tool("scission-adapt", arguments);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(cloud.stress().empty());
  const Sweep grid = read_sweep(out).sweep;
  CHECK(grid.model == "lenet");
  CHECK(grid.systems == std::vector<std::string>{"edge", "cloud"});
  REQUIRE(grid.conditions.size() == 2);
  REQUIRE(grid.plans.size() > 4);
  for (const Condition& condition : grid.conditions) {
    for (const PlanTime& time : condition.times) {
      CHECK(time.samples.size() >= 6);
      CHECK(time.has_interval());
      CHECK(time.system_seconds.size() == 2);
    }
  }
  // The study's files say the same.
  CHECK(fs::exists(fs::path(out) / "study" / "weights_01.txt"));
  const std::string journal = read_file(fs::path(out) / "journal.jsonl");

  // Again: everything is there. With other options: it is not the same sweep.
  CHECK(run_tool("scission-adapt", arguments).exit_code == 0);
  CHECK(read_file(fs::path(out) / "journal.jsonl") == journal);
  const ToolResult other = run_tool(
      "scission-adapt", cloud.sweep({"--network", "200", "--cloud-cpu", "0,50", "-o", out}));
  CHECK(other.exit_code == 1);
  CHECK(other.err.find("network ('400' there, '200' now)") != std::string::npos);

  const ToolResult analysed = run_tool("scission-adapt", {"analyse", out, "--beside", out});
  CAPTURE(analysed.err);
  CHECK(analysed.exit_code == 0);
  CHECK(analysed.out.find("right in 2 conditions (100.0 %)") != std::string::npos);
}

TEST_CASE("A sweep is predicted from benchmarks under stress") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Cloud cloud;
  const fs::path out = cloud.folder.path() / "predicted";
  const ToolResult result = run_tool(
      "scission-adapt", cloud.sweep({"--network", "400,100", "--edge-cpu", "0,50", "--predict",
                                     "--max-time", "0.5", "--pause", "0", "-o", out.string()}));
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Sweep grid = read_sweep(out).sweep;
  CHECK(grid.conditions.size() == 4);
  for (const Condition& condition : grid.conditions) {
    for (const PlanTime& time : condition.times) CHECK(time.is_measured());
  }
  for (const char* file : {"device-edge.json", "under-cpu50/device-edge.json", "worker-cloud.json",
                           "network-400.csv", "network-100.csv"}) {
    CAPTURE(file);
    CHECK(fs::exists(out / "profiles" / file));
  }
  const auto profile =
      nlohmann::json::parse(read_file(out / "profiles" / "under-cpu50" / "device-edge.json"));
  CHECK(profile["host"]["stress"] == "cpu=50");
}

TEST_CASE("Rates may be set by a program, and only the plans swept that are the best somewhere") {
  const Cloud cloud;
  const fs::path notes = cloud.folder.path() / "rates";
  const std::string out = (cloud.folder.path() / "sweep").string();
  const ToolResult result = run_tool(
      "scission-adapt",
      cloud.sweep({"--network", "400,100", "--set-network", noting_program(cloud.folder, notes),
                   "--cuts", "best:1", "--max-time", "0.5", "--pause", "0", "-o", out}));
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Sweep grid = read_sweep(out).sweep;
  CHECK(grid.conditions.size() == 2);
  CHECK(grid.plans.size() <= 2);
  const std::string calls = read_file(notes);
  CHECK(calls.find("400\n") != calls.npos);
  CHECK(calls.find("100\n") != calls.npos);
}

TEST_CASE("Workers hand on to each other through a sweep's relays, with TLS") {
  const Certificates certificates;
  const auto tls = [&](const std::string& name) {
    const runtime::TlsFiles files = certificates.issue(name);
    return Words{"--tls-ca",  files.authority.string(), "--tls-cert", files.certificate.string(),
                 "--tls-key", files.key.string()};
  };
  const Serving edge("edge", tls("server"));
  const Serving cloud("cloud", tls("server"));
  const std::string out = (cloud.folder.path() / "sweep").string();
  const ToolResult result = run_tool(
      "scission-adapt",
      short_sweep("pi", "edge=" + edge.address + ",cloud=" + cloud.address,
                  Words{"--systems", "edge,cloud", "--network", "edge-cloud=400,100", "-o", out} +
                      tls("client")));
  CAPTURE(result.err, edge.worker->err(), cloud.worker->err());
  REQUIRE(result.exit_code == 0);
  const Sweep grid = read_sweep(out).sweep;
  CHECK(grid.systems == Words{"edge", "cloud"});
  REQUIRE(grid.conditions.size() == 2);
  REQUIRE(grid.plans.size() > 2);
  for (const Condition& condition : grid.conditions) {
    for (const PlanTime& time : condition.times) CHECK(time.is_measured());
  }
}

TEST_CASE("Stress is gone when the sweep is killed, and when the worker is") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  Cloud cloud;
  const auto arguments = cloud.sweep(
      {"--cloud-cpu", "50", "--repeats", "1000", "-o", (cloud.folder.path() / "killed").string()});
  for (const bool kills_worker : {false, true}) {
    CAPTURE(kills_worker);
    const RunningTool sweep("scission-adapt", arguments);
    const bool begins = happens_within(60, [&] { return cloud.stress().size() >= 3; });
    INFO(sweep.err() << cloud.worker->err());
    REQUIRE(begins);
    const std::vector<pid_t> processes = cloud.stress();
    (kills_worker ? *cloud.worker : sweep).send(SIGKILL);
    CHECK(happens_within(patience_s, [&] { return all_gone(processes); }));
  }
}

TEST_CASE("Ctrl-C ends a sweep with what it has, and no stress") {
  if (!has_stress_ng()) SKIP_TEST("stress-ng is not installed");
  const Cloud cloud;
  const fs::path out = cloud.folder.path() / "interrupted";
  RunningTool sweep("scission-adapt",
                    cloud.sweep({"--cloud-cpu", "50", "--repeats", "1000", "-o", out.string()}));
  const auto lines = [&] {
    const std::string text =
        fs::exists(out / "journal.jsonl") ? read_file(out / "journal.jsonl") : std::string();
    return std::count(text.begin(), text.end(), '\n');
  };
  const bool begins = happens_within(60, [&] { return lines() > 2; });
  INFO(sweep.err() << cloud.worker->err());
  REQUIRE(begins);
  sweep.send(SIGINT);
  const ToolResult result = sweep.wait();
  CHECK(result.exit_code == 130);
  CHECK(result.err.find("run the same command again to resume") != std::string::npos);
  CHECK(cloud.stress().empty());
  CHECK(read_sweep(out).sweep.conditions.size() == 1);
}

TEST_CASE("What a sweep cannot mean is refused with the option's name") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"lenet"}, "--workers"},
      {{"lenet", "--workers", "cloud=127.0.0.1:1", "--moon-cpu", "0"}, "moon"},
      {{"lenet", "--workers", "cloud=127.0.0.1:1", "--network", "0"}, "--network"},
      {{"lenet", "--workers", "cloud=127.0.0.1:1", "--cuts", "best:0"}, "best:0"},
      {{"lenet", "--workers", "cloud=127.0.0.1:1", "--systems", "moon"}, "--systems"},
      {{"lenet", "--workers", "cloud=192.0.2.1:1", "--insecure"}, "--host"},
      {{"lenet", "--workers", "cloud=127.0.0.1:1", "--count", "9", "--max-count", "8"},
       "--max-count"}};
  for (const auto& [arguments, option] : cases) {
    CAPTURE(option);
    std::vector<std::string> all{"sweep"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ToolResult result = run_tool("scission-adapt", all);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(option) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}
