#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "apps/on_testbed.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "scission/base.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// lenet's plan over these systems, cut after layers 0, 2, 4, with made-up figures.
std::string plan_of(const std::vector<std::string>& systems) {
  nlohmann::json stages = nlohmann::json::array();
  nlohmann::json hops = nlohmann::json::array();
  std::string at = "device";
  const int last = 8;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const bool is_last = i + 1 == systems.size();
    const int first_layer = i == 0 ? 0 : static_cast<int>(2 * i) - 1;
    const int last_layer = is_last ? last : static_cast<int>(2 * i);
    stages.push_back({{"system", systems[i]},
                      {"platform", systems[i]},
                      {"first_layer", first_layer},
                      {"last_layer", last_layer},
                      {"compute_s", 0.001},
                      {"blocks", nlohmann::json::array()}});
    if (systems[i] != at) {
      hops.push_back({{"from", at}, {"to", systems[i]}, {"bytes", 12288}, {"transfer_s", 0.001}});
    }
    at = systems[i];
  }
  return nlohmann::json{{"source", "device"}, {"destination", nullptr}, {"latency_s", 0.01},
                        {"compute_s", 0.005}, {"transfer_s", 0.005},    {"period_s", 0.005},
                        {"traffic_bytes", 0}, {"stages", stages},       {"hops", hops}}
      .dump();
}

std::string plans_file(const std::vector<std::string>& plans) {
  std::string text = R"({"format": "scission-plans", "version": 1, "model": "lenet",
    "input_bytes": 3136, "plans": [)";
  for (std::size_t i = 0; i < plans.size(); ++i) text += (i == 0 ? "" : ",") + plans[i];
  return text + "]}";
}

}  // namespace

TEST_CASE("scission-plan goes from a model and workers to plans that run, in one command") {
  const Scratch folder;
  const std::string out = on_testbed(
      folder,
      "scission-plan lenet --name device --threads 1 --max-time 1 --workers $SCISSION_WORKERS "
      "--best 2 --count 5 -o out");
  if (out.empty()) return;
  CHECK(out.find("[1] ") != std::string::npos);
  CHECK(out.find("every answer is the whole model's, bit for bit") != std::string::npos);
  CHECK(out.find("Corrected by what was measured: ") != std::string::npos);
  CHECK(out.find(": planned ") != std::string::npos);
  // The answer is sent back, and plans contain that.
  CHECK(read_file(folder.path() / "out/plans.json").find(R"("destination": "device")") !=
        std::string::npos);
  for (const char* file : {"network.csv", "plans.json", "corrections.json", "device-device.json",
                           "worker-edge.json", "worker-cloud.json"}) {
    CAPTURE(file);
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
  }
}

TEST_CASE("scission-plan measures codecs on all machines, and plans with them") {
  const Scratch folder;
  const std::string out = on_testbed(
      folder,
      "scission-plan lenet --name device --threads 1 --max-time 0.5 --workers $SCISSION_WORKERS "
      "--codecs zstd,fp16+zstd --calibrate random --max-error 5% --count 5 --no-explain "
      "--no-correct -o out");
  if (out.empty()) return;
  INFO(out);
  for (const char* file : {"device-device.json", "worker-edge.json", "worker-cloud.json"}) {
    CAPTURE(file);
    const std::string profile = read_file(folder.path() / "out" / file);
    CHECK(profile.find("\"fp16+zstd\"") != std::string::npos);
  }
  const auto plans = nlohmann::json::parse(read_file(folder.path() / "out" / "plans.json"));
  for (const auto& plan : plans["plans"]) CHECK(plan.value("error", 0.0) <= 0.05);
}

// Without delays, which the kernel's shaping may not be able to make.
TEST_CASE("A plan runs in network namespaces too, or by relays where there are none to be had") {
  const Scratch folder;
  folder.file("plans.json", plans_file({plan_of({"device", "edge", "cloud"})}));
  const std::string out =
      on_testbed(folder,
                 "scission-run plans.json --workers $SCISSION_WORKERS $SCISSION_SECURITY "
                 "--deploy-workers $SCISSION_DEPLOY_WORKERS --count 2 --verify=0",
                 testbed_json("", false), "tc");
  if (out.empty()) return;
  CHECK(out.find("every answer is the whole model's, bit for bit") != std::string::npos);
}

TEST_CASE("Plans of one to four stages over workers give what the whole model gives") {
  const Scratch folder;
  folder.file("plans.json",
              plans_file({plan_of({"device"}), plan_of({"edge"}), plan_of({"device", "edge"}),
                          plan_of({"edge", "device"}), plan_of({"device", "edge", "cloud"}),
                          plan_of({"cloud", "device", "edge", "cloud"})}));
  const std::string out =
      on_testbed(folder,
                 "scission-run plans.json --workers $SCISSION_WORKERS --best 6 --count 4 "
                 "--warmup 1 --verify=0 --turns 3 --concurrency 2 --json "
                 "--trace trace.json > runs.json");
  if (!std::filesystem::exists(folder.path() / "runs.json")) return;
  INFO(out);
  const auto runs = nlohmann::json::parse(read_file(folder.path() / "runs.json"));
  REQUIRE(runs["plans"].size() == 6);
  const std::vector<std::size_t> stages{1, 1, 2, 2, 3, 4};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& plan = runs["plans"][i];
    CAPTURE(i);
    CHECK(plan["answered"] == 4);
    CHECK(plan["wrong"] == 0);
    REQUIRE(plan["hops"].size() == stages[i]);
    for (const auto& hop : plan["hops"]) CHECK(hop["compute_s"]["median"] > 0);
  }
  // What the next hop took is not this one's: delays are at least the relays'.
  const auto& three = runs["plans"][4]["hops"];
  CHECK(three[1]["transfer_s"]["median"] >= 0.002);
  CHECK(three[2]["transfer_s"]["median"] >= 0.002);

  const auto trace = nlohmann::json::parse(read_file(folder.path() / "trace.json"));
  std::set<std::string> requests;
  double traced_us = 0;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    requests.insert(event["args"]["request"].get<std::string>());
    traced_us += event["dur"].get<double>();
  }
  CHECK(requests.size() == 24);
  double latencies_us = 0;
  for (const auto& plan : runs["plans"]) {
    latencies_us += 4e6 * plan["mean_latency_s"].get<double>();
  }
  CHECK(traced_us == Approx(latencies_us).epsilon(1e-4));
}

TEST_CASE("a worker that no plan uses need not be there") {
  const Scratch folder;
  folder.file("plans.json", plans_file({plan_of({"device", "edge"})}));
  const std::string out = on_testbed(
      folder,
      "scission-run plans.json --workers $SCISSION_WORKERS,spare=127.0.0.1:1 --count 2 --verify=0");
  if (out.empty()) return;
  CHECK(out.find("every answer is the whole model's, bit for bit") != std::string::npos);
}

TEST_CASE("a codec that is asked for codes every hop, and a lossless one changes no bit") {
  const Scratch folder;
  folder.file("plans.json", plans_file({plan_of({"device", "edge", "cloud"})}));
  const std::string run = "scission-run plans.json --workers $SCISSION_WORKERS --count 2 --json ";
  on_testbed(folder, run + "--codec zstd --verify=0 > zstd.json && " + run +
                         "--codec fp16 --verify=0 > fp16.json");
  if (!std::filesystem::exists(folder.path() / "fp16.json")) return;
  for (const std::string codec : {"zstd", "fp16"}) {
    const auto runs = nlohmann::json::parse(read_file(folder.path() / (codec + ".json")));
    const auto& plan = runs["plans"][0];
    CHECK(plan["wrong"] == 0);
    CHECK(plan["lossy"] == (codec == "fp16"));
    CHECK((plan["largest_difference"] > 0) == (codec == "fp16"));
    for (const std::size_t hop : {1, 2}) {
      CHECK(plan["hops"][hop]["codec"] == codec);
      CHECK(plan["hops"][hop]["encode_s"]["median"] > 0);
    }
  }
}

TEST_CASE("scission-plan says so where no plan sustains the rate") {
  const Scratch folder;
  const std::string out = on_testbed(
      folder,
      "scission-plan lenet --name device --threads 1 --max-time 0.5 --workers $SCISSION_WORKERS "
      "-o out --rate 1e9; echo ended with $?");
  if (out.empty()) return;
  CHECK(out.find("none sustains that many requests per second; lower --rate") != std::string::npos);
  CHECK(out.find("ended with 3") != std::string::npos);
}

TEST_CASE("Workers benchmark a model's file themselves, and the profiles come home") {
  const Scratch folder;
  const std::string out = on_testbed(
      folder,
      "scission-zoo export lenet -o net.pt && scission-benchmark edge --workers $SCISSION_WORKERS "
      "--model net.pt --max-time 1 --passes 1 && scission-benchmark --workers $SCISSION_WORKERS "
      "--models "
      "lenet,alexnett --max-time 1 --passes 1 -o zoo; echo ended with $?");
  if (out.empty()) return;
  CAPTURE(out);
  for (const char* file : {"edge-edge.json", "edge-cloud.json"}) {
    const SystemProfile profile = read_profile(folder.path() / file);
    REQUIRE(profile.models.size() == 1);
    CHECK(profile.models[0].model == "net");
    CHECK(profile.models[0].blocks.size() > 3);
  }
  // A name that nobody has is refused before any worker is asked.
  CHECK(out.find("alexnett") != std::string::npos);
  CHECK(out.find("ended with 2") != std::string::npos);
}

TEST_CASE("scission-plan takes a model's file, which the workers get to benchmark") {
  const Scratch folder;
  const std::string out = on_testbed(
      folder,
      "scission-zoo export lenet -o net.pt && scission-plan net.pt --name device --threads 1 "
      "--max-time 1 --workers $SCISSION_WORKERS --count 3 -o out && scission-run out/plans.json "
      "--model "
      "net.pt --workers $SCISSION_WORKERS --best 2 --count 3 --pause 0.05 --verify --learn "
      "out/learned.json");
  if (out.empty()) return;
  const Corrections learned = read_corrections(folder.path() / "out" / "learned.json");
  CHECK(learned.model == "net");
  CHECK_FALSE(learned.systems.empty());
  CHECK(out.find("every answer is the whole model's, bit for bit") != std::string::npos);
}

TEST_CASE("No request is lost while workers are killed and come back") {
  const Scratch folder;
  const std::string out = folder.path() / "soak";
  try {
    const ProgramResult result =
        run_program({"python3",
                     {"scripts/soak", "--bin", SCISSION_TOOLS_FOLDER, "--minutes", "0.5", "--every",
                      "8", "--rate", "6", "--deadline", "20", "--max-gap", "20", "--faults",
                      "kill,clients", "-o", out},
                     ".",
                     "install python3"});
    INFO(result.output);
    REQUIRE(result.succeeded);  // every figure is the log's, too
    CHECK(result.output.find("180 requests, 180 answered, 0 wrong") != std::string::npos);
    CHECK(result.output.find("switches of plan") != std::string::npos);
    CHECK(result.output.find("is back") != std::string::npos);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    WARN("[skipped] no python3, which scripts/soak is written in");
  }
}

TEST_CASE("An interrupted run tells what was answered and takes away what it brought") {
  const Scratch folder;
  folder.file("plans.json", plans_file({plan_of({"device", "edge"})}));
  // SIGTERM, as shells have what is in the background ignore SIGINT.
  const std::string script = R"(
    scission-worker --listen 127.0.0.1:0 --name edge --models store > worker.txt 2>&1 & worker=$!
    until grep -q 'listens on' worker.txt; do sleep 0.1; done
    at=edge=$(sed -n 's/.*listens on \([0-9.:]*\).*/\1/p' worker.txt | head -n 1)
    scission-run plans.json --workers "$at" --rate 50 --count 100000 --json > runs.json 2> err.txt & run=$!
    until grep -q 'serves lenet' worker.txt; do sleep 0.1; done
    sleep 2; kill -TERM $run; wait $run; echo "ended with $?"
    find store -name '*.pt' | wc -l; kill $worker; wait $worker)";
  const ProgramResult result = run_program(
      {"sh",
       {"-c", "PATH=" SCISSION_TOOLS_FOLDER ":$PATH; cd " + folder.path().string() + ";" + script},
       ".",
       "there is no sh"});
  INFO(result.output);
  CHECK(result.output.find("ended with 143\n0\n") != std::string::npos);
  CHECK(read_file(folder.path() / "err.txt").find("interrupted") != std::string::npos);
  const std::string runs = read_file(folder.path() / "runs.json");
  REQUIRE_FALSE(runs.empty());
  const auto plan = nlohmann::json::parse(runs)["plans"][0];
  CHECK(plan["answered"] > 0);
  CHECK(plan["answered"] < 100'000);
}

TEST_CASE("A run without a worker where one is needed says so in one line and ends with 2 or 1") {
  const Scratch folder;
  const auto plans = folder.file("plans.json", plans_file({plan_of({"device", "edge"})}));
  const ToolResult nowhere = run_tool("scission-run", {plans.string()});
  CHECK(nowhere.exit_code == 2);
  CHECK(nowhere.err.find("edge=HOST:PORT") != std::string::npos);
  // Nothing listens on port 1.
  const ToolResult away =
      run_tool("scission-run", {plans.string(), "--workers", "edge=127.0.0.1:1"});
  CHECK(away.exit_code == 1);
  CHECK(away.err.find("127.0.0.1:1") != std::string::npos);
  CHECK(std::count(away.err.begin(), away.err.end(), '\n') == 1);
  const ToolResult open =
      run_tool("scission-run", {plans.string(), "--workers", "edge=192.0.2.1:1"});
  CHECK(open.exit_code == 2);
  CHECK(open.err.find("--insecure") != std::string::npos);
}

TEST_CASE("What scission-run cannot mean is refused with the option's name") {
  const Scratch folder;
  const auto plans = folder.file("plans.json", plans_file({plan_of({"device"})})).string();
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "PLANS"},
      {{plans, "--plan", "2"}, "--plan"},
      {{plans, "--plan", "0"}, "--plan"},
      {{plans, "--count", "0"}, "--count"},
      {{plans, "--rate", "-1"}, "--rate"},
      {{plans, "--codec", "fp17"}, "--codec"},
      {{plans, "--rate", "5", "--concurrency", "2"}, "--concurrency"},
      {{plans, "--workers", "edge"}, "--workers"},
      {{plans, "--foreign", "edge"}, "--foreign"},
      {{plans, "--foreign", "edge=net"}, "--foreign"}};
  for (const auto& [arguments, option] : cases) {
    CAPTURE(option);
    const ToolResult result = run_tool("scission-run", arguments);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(option) != std::string::npos);
    CHECK(result.out.empty());
  }
}

TEST_CASE("A plan of another model's layers is refused before anything is sent") {
  const Scratch folder;
  auto plan = nlohmann::json::parse(plan_of({"device"}));
  plan["stages"][0]["last_layer"] = 5;
  const auto plans = folder.file("plans.json", plans_file({plan.dump()}));
  const ToolResult result = run_tool("scission-run", {plans.string()});
  CHECK(result.exit_code == 1);
  CHECK(result.err.find("plan 1") != std::string::npos);
}
