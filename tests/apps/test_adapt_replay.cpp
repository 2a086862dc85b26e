// scission-adapt trace and scission-adapt replay.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/predict_example.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;
using Json = nlohmann::json;

namespace {

/// Runs a command of scission-adapt on the example.
ToolResult adapt(const Example& example, const std::string& command, const Arguments& more) {
  Arguments arguments{command, example.folder().path(), "network.csv", "net"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tool("scission-adapt", arguments);
}

std::ptrdiff_t line_count(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

TEST_CASE("a trace is written to stdout or to a file, and is the same for the same seed") {
  const Example example;
  const ToolResult result = adapt(example, "trace", {"--duration", "5", "--tick", "0.5"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(
      result.out.starts_with("time_s,link:pi->box:mbit,link:pi->vm:mbit,link:box->vm:mbit,"
                             "slowdown:pi,slowdown:box,slowdown:vm\n0,"));
  CHECK(line_count(result.out) == 11);
  const std::filesystem::path path = example.folder().path() / "trace.csv";
  const ToolResult written =
      adapt(example, "trace", {"--duration", "5", "--tick", "0.5", "-o", path});
  CHECK(written.out.empty());
  CHECK(read_file(path) == result.out);
  CHECK(adapt(example, "trace", {"--duration", "5", "--seed", "2"}).out != result.out);
  CHECK(line_count(adapt(example, "trace", {"--kinds", "constant", "--duration", "5"}).out) == 11);
}

TEST_CASE("a replay tells how each strategy fared") {
  const Example example;
  const std::filesystem::path trace = example.folder().path() / "trace.csv";
  REQUIRE(adapt(example, "trace", {"-o", trace}).exit_code == 0);
  const ToolResult result = adapt(example, "replay", {trace});
  CHECK(result.exit_code == 0);
  CHECK(result.out.starts_with("1200 requests\nstrategy"));
  for (const char* name : {"\noracle ", "\ncontroller ", "\nnaive ", "\nstatic best "}) {
    CHECK(contains(result.out, name));
  }
  CHECK(line_count(result.out) == 9);
}

TEST_CASE("a replay for programs holds what the table does and more") {
  const Example example;
  const std::filesystem::path trace = example.folder().path() / "trace.csv";
  const std::filesystem::path requests = example.folder().path() / "requests.csv";
  REQUIRE(adapt(example, "trace", {"-o", trace, "--duration", "100"}).exit_code == 0);
  const ToolResult result =
      adapt(example, "replay", {trace, "--json", "--every", "1", "--requests", requests});
  REQUIRE(result.exit_code == 0);
  const Json json = Json::parse(result.out);
  CHECK(json["model"] == "net");
  CHECK(json["requests"] == 100);
  REQUIRE(json["strategies"].size() == 4);
  CHECK(json["strategies"][0]["regret"] == 0);
  CHECK(json["strategies"][1]["name"] == "controller");
  CHECK(json["strategies"][1]["mean_s"] >= json["strategies"][0]["mean_s"]);
  CHECK(json["strategies"][1]["p95_s"] >= json["strategies"][1]["median_s"]);
  CHECK_FALSE(json["plans"].empty());
  const std::string rows = read_file(requests);
  CHECK(line_count(rows) == 101);
  CHECK(rows.starts_with("time_s,oracle_s,controller_s,"));
}

TEST_CASE("a replay without probes sends none") {
  const Example example;
  const std::filesystem::path trace = example.folder().path() / "trace.csv";
  REQUIRE(adapt(example, "trace", {"-o", trace}).exit_code == 0);
  const Json with = Json::parse(adapt(example, "replay", {trace, "--json"}).out);
  const Json without = Json::parse(adapt(example, "replay", {trace, "--json", "--no-probes"}).out);
  CHECK(with["strategies"][1]["probes"] > 0);
  CHECK(without["strategies"][1]["probes"] == 0);
}

TEST_CASE("traces and replays that cannot be meant are refused in one line") {
  const Example example;
  const auto refused = [&](const std::string& command, const Arguments& more, int exit_code,
                           const std::string& part) {
    const ToolResult result = adapt(example, command, more);
    CAPTURE(command, result.err);
    CHECK(result.exit_code == exit_code);
    CHECK(result.out.empty());
    CHECK(line_count(result.err) == 1);
    CHECK(contains(result.err, part));
  };
  refused("trace", {"--kinds", "storms"}, 2, "'storms'");
  refused("trace", {"--noise", "lots"}, 2, "--noise");
  refused("trace", {"--tick", "0"}, 2, "--tick");
  refused("replay", {}, 2, "TRACE.csv");
  refused("replay", {"none.csv"}, 1, "none.csv");
  const auto bad = example.folder().file("bad.csv", "time_s,slowdown:phone\n0,1\n");
  refused("replay", {bad}, 2, "slowdown:phone");
  refused("replay", {bad, "--jitter", "-1"}, 2, "--jitter");
}
