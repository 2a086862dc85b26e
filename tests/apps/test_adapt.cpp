// scission-adapt, as a person calls it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"
#include "support/sweeps.hpp"
#include "support/upstream.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

ToolResult analyse(Arguments arguments) {
  arguments.insert(arguments.begin(), "analyse");
  return run_tool("scission-adapt", arguments);
}

// Where "a" is 1, p1 takes half as long as p0, else twice; within 1 %.
std::string write_small_sweep(const Scratch& scratch, const std::string& name) {
  Sweep grid = full_sweep({2, 2}, 2, [](const std::vector<int>& levels, int plan) {
    if (plan == 0) return 1.0;
    return levels[0] == 1 ? 0.5 : 2.0;
  });
  for (Condition& condition : grid.conditions) {
    for (PlanTime& time : condition.times) {
      time.interval = {0.99 * time.seconds, 1.01 * time.seconds};
    }
  }
  const std::filesystem::path folder = scratch.path() / name;
  write_sweep(grid, folder);
  return folder.string();
}

}  // namespace

TEST_CASE("analyse tells when repartitioning pays and what it needs") {
  const Scratch scratch;
  const ToolResult result = analyse({write_small_sweep(scratch, "sweep"), "--conditions"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(contains(result.out, "net: 4 of 4 conditions, 2 plans\n"));
  CHECK(contains(result.out, "baseline 00: a 0, b 0\n"));
  CHECK(contains(result.out,
                 "repartitioning gains more than 5 %" + std::string(21, ' ') + "2  50.0 %"));
  CHECK(contains(result.out, "gain: 25.0 % on average; keeping costs 100.0 % at worst"));
  CHECK(contains(result.out, "\n   5 %      2  p0 (2), p1 (2)\n"));
  CHECK(contains(result.out, "\n10           p0   1.00 s    p1   500 ms  50.0 %"));
}

TEST_CASE("analyse for programs") {
  const Scratch scratch;
  const ToolResult result =
      analyse({write_small_sweep(scratch, "sweep"), "--json", "-b", "10", "--gain", "60%"});
  REQUIRE(result.exit_code == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["format"] == "scission-adaptivity");
  CHECK(json["version"] == 2);
  CHECK(json["min_gain"] == 0.6);
  const auto& sweep = json["sweeps"][0];
  CHECK(sweep["baseline"] == "10");
  CHECK(sweep["changed"] == 2);
  CHECK(sweep["changed_beyond_noise"] == 2);
  CHECK(sweep["worthwhile"] == 0);
  CHECK(sweep["conditions"][0]["baseline_plan"] == "p1");
  CHECK(sweep["conditions"][0]["gain"] == 0.5);
  CHECK(sweep["faults"]["missing"] == 0);
  CHECK(sweep["noise"]["source"] == "intervals");
}

TEST_CASE("several sweeps are told one after the other and in an overview, with files for each") {
  const Scratch scratch;
  const std::string tables = (scratch.path() / "tables").string();
  const ToolResult result =
      analyse({write_small_sweep(scratch, "one"), write_small_sweep(scratch, "two"), "--csv",
               tables, "--pictures", tables, "--map", "b,a"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(contains(result.out, "worst regret\nnet"));
  const std::string csv = read_file(scratch.path() / "tables" / "net-2-conditions.csv");
  CHECK(csv.starts_with("condition,a,b,baseline_plan,baseline_s,best_plan,best_s,"));
  CHECK(contains(csv, "\n11,1,1,p0,1,p1,0.5,"));
  const std::string header = csv.substr(0, csv.find('\n'));
  for (std::size_t at = 0; at < csv.size(); at = csv.find('\n', at) + 1) {
    const std::string row = csv.substr(at, csv.find('\n', at) - at);
    CHECK(std::count(row.begin(), row.end(), ',') == std::count(header.begin(), header.end(), ','));
  }
  for (const char* file : {"net-levels.csv", "net-effects.csv", "net-plans.csv", "net-best.png",
                           "net-map.svg", "net-regret.png", "net-effects.png"}) {
    CAPTURE(file);
    CHECK(std::filesystem::exists(scratch.path() / "tables" / file));
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "tables" / "net-regret.gp"));
}

TEST_CASE("the study's figures come out of the study's files") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_vgg16");
  const std::string folder = (upstream_dir() / "adaptive").string();
  const ToolResult result = analyse({folder + "/outputs_alexnet", folder + "/outputs_vgg16"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "another plan than the baseline's is the best         161  66.3 %"));
  CHECK(contains(result.out, "repartitioning gains more than 5 %                   154  63.4 %"));
  CHECK(contains(result.out, "2 incomplete: weights_12111.txt (lacks 1 of 24 plans: 24)"));
  CHECK(contains(result.out, "239 missing: weights_00011.txt"));
  CHECK(contains(result.out, "noise of a latency: unknown"));
}

TEST_CASE("wrong calls of scission-adapt are told in one line") {
  const Scratch scratch;
  const std::string good = write_small_sweep(scratch, "sweep");
  const std::string damaged = scratch.file("sweep.json", "{\"format\": ").string();
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string message;
  };
  for (const Case& one : std::vector<Case>{
           {{}, 2, "a command is needed; choose from: analyse"},
           {{"analyze"}, 2, "'analyze' is not a command"},
           {{"analyse"}, 2, "a DIR is needed"},
           {{"analyse", good, "--gain", "5"}, 2, "--gain: '5' is not a fraction; write 5% or 0.05"},
           {{"analyse", good, "--within", "1%,x"}, 2, "--within: 'x' is not a fraction"},
           {{"analyse", good, "--noise", "guess"}, 2, "--noise: 'guess' is not one of"},
           {{"analyse", good, "-b", "02"}, 2, "'02' is not a condition"},
           {{"analyse", good, "--map", "a", "--pictures", "x"}, 2, "--map: names two factors"},
           {{"analyse", good, "--map", "a,c", "--pictures", "x"}, 2, "'c' is not a factor"},
           {{"analyse", damaged}, 1, "sweep.json: the JSON is truncated"},
           {{"analyse", (scratch.path() / "absent").string()}, 1, "absent: cannot be opened"}}) {
    CAPTURE(one.message);
    const ToolResult result = run_tool("scission-adapt", one.arguments);
    CHECK(result.exit_code == one.exit_code);
    CHECK(result.out.empty());
    CHECK(contains(result.err, one.message));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("each command of scission-adapt explains itself") {
  const ToolResult result = analyse({"--help"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "scission-adapt analyse DIR..."));
  CHECK(contains(result.out, "Examples:"));
  CHECK(contains(result.out, "Exit codes:"));
}
