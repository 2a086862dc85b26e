// scission-predict: what it tells about its plans.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/predict_example.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;
using nlohmann::json;

namespace {

// The text after the result lines.
std::string after_plans(const ToolResult& result) {
  CHECK(result.exit_code == 0);
  const std::size_t end = result.out.find("\n\n");
  return end == std::string::npos ? "" : result.out.substr(end + 2);
}

// Twelve machines that all have links to each other, and a question that takes a search.
class Mesh {
 public:
  Mesh() {
    for (int machine = 0; machine < 12; ++machine) add(machine);
    folder_.file("network.csv", network_header + "mesh,mesh,1,1000\n");
  }

  ToolResult predict(const Arguments& more) const {
    Arguments arguments{
        folder_.path(),       "network.csv", "net",  "--no-plot", "--any-order", "--objective",
        "latency + 3 period", "--source",    "mesh", "-i",        "0.15"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool("scission-predict", arguments);
  }

 private:
  void add(int machine) const {
    std::vector<double> seconds;
    for (int layer = 0; layer < 40; ++layer) {
      const int mixed = layer * layer * 7 + machine * machine * 11 + layer * machine * 5;
      seconds.push_back(0.001 * (1 + mixed % 13));
    }
    const std::string name = "m" + std::to_string(machine);
    write_profile(profile_of("mesh", name, seconds), folder_.path() / ("mesh-" + name + ".json"));
  }

  Scratch folder_;
};

}  // namespace

TEST_CASE("the option --pareto adds the front as a table") {
  const Example example;
  const ToolResult result = example.predict({"--pareto", "latency,traffic", "--result-count", "1"});
  CHECK(result.err.empty());
  CHECK(after_plans(result) ==
        "No other plan dominates one of these in latency, traffic:\n"
        "plan  latency  traffic  distribution\n"
        "   1   720 ms   250 kB  box 0 → vm 1–2\n"
        "   2   910 ms   150 kB  box alone\n"
        "   3   1.61 s   100 kB  pi 0 → box 1–2\n"
        "   4   3.00 s      0 B  all on pi\n");
  const json answer = json::parse(example.predict({"--pareto", "latency,traffic", "--json"}).out);
  CHECK(answer["pareto"]["measures"] == json({"latency", "traffic"}));
  CHECK(answer["pareto"]["is_complete"] == true);
  REQUIRE(answer["pareto"]["plans"].size() == 4);
  CHECK(answer["pareto"]["plans"][3]["traffic_bytes"] == 0);
}

TEST_CASE("the option --pareto refuses what are not two or three measures") {
  const Example example;
  for (const char* measures : {"latency", "latency,latency", "latency,speed", ""}) {
    CAPTURE(measures);
    const ToolResult result = example.predict({"--pareto", measures});
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(contains(result.err, "scission-predict: --pareto: "));
  }
  CHECK(example.predict({"--pareto", "latency,period,traffic,energy"}).exit_code == 2);
}

TEST_CASE("the option --explain takes the best plan apart and compares it with the second best") {
  const Example example;
  for (const char* count : {"1", "5"}) {
    const ToolResult result = example.predict({"--explain", "--result-count", count});
    CHECK(result.err.empty());
    CHECK(after_plans(result) ==
          "The best plan, box 0 → vm 1–2:\n"
          "where     what            time    share\n"
          "pi → box  150 kB        160 ms   22.2 %\n"
          "box       layer 0       250 ms   34.7 %\n"
          "box → vm  100 kB        110 ms   15.3 %\n"
          "vm        layers 1 - 2  200 ms   27.8 %\n"
          "all                     720 ms  100.0 %\n"
          "Most of the latency: box, layer 0: 250 ms (34.7 %).\n"
          "With stages overlapping, box sets the period: one input every 250 ms.\n"
          "\n"
          "The second best, box 0–1 → vm 2: 150 ms "
          "(21 %) more latency\n"
          "where  best                  second                difference\n"
          "box    layer 0, 250 ms       layers 0 - 1, 500 ms     +250 ms\n"
          "vm     layers 1 - 2, 200 ms  layer 2, 100 ms          -100 ms\n");
  }
}

TEST_CASE("the option --explain says so when no other plan fits") {
  const ToolResult result = Example().predict({"--explain", "-d", "0,1,2"});
  CHECK(contains(after_plans(result), "No other plan fits.\n"));
}

TEST_CASE("the option --explain counts what comes back, and a system's stages together") {
  const Example example;
  example.link_both_ways();
  const std::string text = after_plans(
      example.predict({"--explain", "--any-order", "--revisit", "--return-to", "device",  //
                       "--on", "device", "0", "--on", "edge", "1", "--keep-on", "device", "2"}));
  CHECK(contains(text, "box → pi  100 kB"));
  CHECK(contains(text, "pi sets the period: one input every 2.00 s."));
}

TEST_CASE("a link's delay is no part of the period that --explain names") {
  const Example example;
  example.folder().file("network.csv", network_header + "device,edge,2000,8\n");
  const std::string text = after_plans(example.predict({"--explain", "-d", "0", "-e", "1,2"}));
  CHECK(contains(text, "Most of the latency: pi → box, 100 kB: 2.10 s"));
  CHECK(contains(text, "pi sets the period: one input every 1.00 s."));
}

TEST_CASE("the option --sensitivity tells over which bandwidths which plan is the best") {
  const Example example;
  const ToolResult result =
      example.predict({"--sensitivity", "device,edge", "--result-count", "1"});
  CHECK(result.err.empty());
  const std::string text = after_plans(result);
  CHECK(text.rfind("The best plan over the bandwidth of pi → box, Mbit/s (now 8):\n", 0) == 0);
  CHECK(contains(text, "now  box 0 → vm 1–2"));
  const json answer = json::parse(
      example.predict({"--sensitivity", "pi,@box", "--sensitivity-range", "1,10", "--json"}).out);
  const json& one = answer["sensitivity"][0];
  CHECK(one["of"] == "bandwidth");
  CHECK(one["from"] == "pi");
  CHECK(one["to"] == "box");
  CHECK(one["now"] == 8);
  CHECK(one["ranges"].front()["low"] == 1);
  CHECK(one["ranges"].back()["high"] == 10);
  // 1.15 s by the cloud alone, against 0.57 s and what 150 kB take: so from 2.105 Mbit/s on.
  REQUIRE(one["ranges"].size() == 2);
  CHECK(one["ranges"][0]["high"].get<double>() == Approx(1.2 / 0.58));
  CHECK(one["ranges"][0]["plan"]["stages"][0]["system"] == "vm");
}

TEST_CASE(
    "the option --sensitivity tells over which slowdowns of a system which plan is the best") {
  const Example example;
  const json answer = json::parse(
      example.predict({"--sensitivity", "box", "--sensitivity", "cloud", "--json"}).out);
  REQUIRE(answer["sensitivity"].size() == 2);
  CHECK(answer["sensitivity"][0]["of"] == "slowdown");
  CHECK(answer["sensitivity"][0]["system"] == "box");
  CHECK(answer["sensitivity"][0]["now"] == 1);
  CHECK(answer["sensitivity"][0]["ranges"].front()["low"] == Approx(0.01));
  CHECK(answer["sensitivity"][1]["system"] == "vm");
}

TEST_CASE("the option --sensitivity refuses names and ranges that it cannot take") {
  const Example example;
  example.add("edge", "hut", 9);
  const auto complaint = [&](Arguments more) {
    const ToolResult result = example.predict(std::move(more));
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(contains(complaint({"--sensitivity", "shed"}), "no platform or system 'shed'"));
  CHECK(contains(complaint({"--sensitivity", "cloud,device"}), "no link from vm to pi"));
  CHECK(contains(complaint({"--sensitivity", "edge", "-e", "-1"}),
                 "the best plan uses no system of edge; name one: box, hut"));
  CHECK(contains(complaint({"--sensitivity", "device,edge", "--objective", "period"}),
                 "--sensitivity device,edge"));
  for (const char* range : {"1", "0,1", "2,1", "1,1", "1,x", "1,2,3"}) {
    CHECK(contains(complaint({"--sensitivity", "box", "--sensitivity-range", range}),
                   "--sensitivity-range: '" + std::string(range) + "' is not LOW,HIGH"));
  }
}

TEST_CASE("when nothing fits, stderr tells the conflict and what would help") {
  const Example example;
  const ToolResult result = example.predict({"-d", "0", "--device-upload", "0.05", "-c", "2"});
  CHECK(result.exit_code == 3);
  CHECK(result.out == "No results for the specified configuration\n");
  CHECK(result.err ==
        "These cannot hold together:\n"
        "  layer 2 on cloud\n"
        "  device uploads at most 50 kB\n"
        "Any one of these changes is enough:\n"
        "  layer 2 on cloud: without it a plan fits\n"
        "  device uploads at most 100 kB\n");
  const ToolResult as_json =
      example.predict({"-d", "0", "--device-upload", "0.05", "-c", "2", "--json"});
  CHECK(as_json.exit_code == 3);
  const json infeasible = json::parse(as_json.out)["infeasible"];
  CHECK(infeasible["conflict"].size() == 2);
  REQUIRE(infeasible["remedies"].size() == 3);
  CHECK(std::any_of(infeasible["remedies"].begin(), infeasible["remedies"].end(),
                    [](const json& relaxation) { return relaxation["nearest"] == 100'000; }));
}

TEST_CASE("when no single change helps, stderr says that") {
  const ToolResult result =
      Example().predict({"--latency-limit", "0.1", "--traffic-limit", "0", "--period-limit", "0"});
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "To drop any single constraint is not enough.\n"));
}

TEST_CASE("the JSON answer tells what is proven and what is not known") {
  const json answer = json::parse(Example().predict({"--json"}).out);
  CHECK(answer["version"] == 1);
  CHECK(answer["route"] == "platform_order");
  CHECK(answer["objective"]["latency"] == 1);
  CHECK(answer["objective"]["money"] == 0);
  CHECK(answer["is_optimal"] == true);
  CHECK(answer["proven_count"] == 5);
  CHECK(answer["gap"] == 0);
  CHECK_FALSE(answer.contains("pareto"));
  CHECK_FALSE(answer.contains("infeasible"));
  const json& plan = answer["plans"][0];
  CHECK(plan["period_s"] == 0.25);
  CHECK(plan["energy_j"].is_null());
  CHECK(plan["money"].is_null());
  CHECK(plan["destination"].is_null());
  CHECK(plan["objective"] == plan["latency_s"]);
}

TEST_CASE("a search that is in time says nothing of it") {
  const Example example;
  const ToolResult in_time = example.predict({"--time-limit", "600"});
  CHECK(in_time.exit_code == 0);
  CHECK(in_time.err.empty());
  CHECK(in_time.out == example.predict({}).out);
}

TEST_CASE("a search that is out of time tells on stderr how far from the best it may be") {
  const Mesh mesh;
  const ToolResult result = mesh.predict({"--time-limit", "0"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.rfind("[1] ", 0) == 0);
  CHECK(contains(result.err, "not proven: at most "));
  CHECK(contains(result.err, " of the best plan found in time could be saved (bound "));
  const json answer = json::parse(mesh.predict({"--time-limit", "0", "--json"}).out);
  CHECK(answer["is_optimal"] == false);
  CHECK(answer["proven_count"] == 0);
  CHECK(answer["gap"] > 0);
  CHECK(answer["bound"] < answer["plans"][0]["objective"]);
}

TEST_CASE("what else was asked is left out when the time is over, and stderr says so") {
  const Mesh mesh;
  const ToolResult front =
      mesh.predict({"--time-limit", "0", "--pareto", "latency,period", "--json"});
  CHECK(front.exit_code == 0);
  CHECK(json::parse(front.out)["pareto"]["is_complete"] == false);
  CHECK(contains(front.err, "not proven: the front may lack plans; the time was over\n"));
  const ToolResult ranges =
      mesh.predict({"--time-limit", "0", "--objective", "latency", "--sensitivity", "m1"});
  CHECK(ranges.exit_code == 0);
  CHECK(ranges.out.rfind("[1] ", 0) == 0);
  CHECK(contains(ranges.err, "no ranges over the slowdown of m1, factor: the time was over\n"));
  CHECK(after_plans(ranges).empty());
}

TEST_CASE("that no plan was found is told even if the time does not suffice to find out why") {
  const ToolResult result = Mesh().predict({"--time-limit", "0", "--latency-limit", "0.001"});
  CHECK(result.exit_code == 3);
  CHECK(result.out == "No results for the specified configuration\n");
  CHECK_FALSE(result.err.empty());
}

TEST_CASE("each answer has its picture") {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) {
    SKIP_TEST("gnuplot is not installed");
  }
  const Example example;
  const std::filesystem::path out = example.folder().path() / "out";
  const ToolResult result =
      run_tool("scission-predict",
               {example.folder().path(), "network.csv", "net", "-i", "0.15", "-o", out, "--pareto",
                "latency,traffic", "--sensitivity", "device,edge", "--sensitivity", "box"});
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  for (const std::string stem :
       {"net-0.72s", "net-pareto", "net-sensitivity-pi-box", "net-sensitivity-box"}) {
    CAPTURE(stem);
    CHECK(contains(result.err, "Picture: " + (out / stem).string() + ".png and .svg\n"));
    CHECK(std::filesystem::file_size(out / (stem + ".png")) > 1000);
    CHECK(std::filesystem::file_size(out / (stem + ".svg")) > 1000);
  }
}
