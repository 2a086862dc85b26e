// scission-check: what it prints and its exit codes.
#include "apps/predict_example.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

ToolResult check(const Example& example, Arguments more) {
  Arguments arguments{example.folder().path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tool("scission-check", arguments);
}

}  // namespace

TEST_CASE("a complete folder is fine, with exit code 0") {
  const ToolResult result = check(Example(), {"network.csv"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "Fine: nothing is missing or unusual.\n"));
  CHECK(contains(result.out, "device-pi"));
  CHECK(contains(result.out, "pi → box"));
  CHECK(result.err.empty());
}

TEST_CASE("what is missing or unusual is listed with its remedy, with exit code 3") {
  const Example example;
  example.folder().file("network.csv", network_header + "device,edge,10,8\n");
  const ToolResult result = check(example, {"network.csv"});
  CHECK(result.exit_code == 3);
  CHECK(contains(result.out, "1 to fix:\n- no link pi → vm, box → vm; plans over it are left out"));
  CHECK(contains(result.out, "box,vm,PING,MBPS"));
  CHECK(check(example, {}).exit_code == 0);
}

TEST_CASE("findings are printed for programs, too") {
  const ToolResult result = check(Example(), {"network.csv", "--json"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "\"format\": \"scission-check\""));
  CHECK(contains(result.out, "\"is_fine\": true"));
}

TEST_CASE("scission-check refuses what it cannot check") {
  const Example example;
  CHECK(check(example, {"--model", "nett"}).exit_code == 2);
  CHECK(check(example, {"--max-age", "-1"}).exit_code == 2);
  CHECK(check(example, {"nowhere.csv"}).exit_code == 1);
  CHECK(run_tool("scission-check", {"nowhere"}).exit_code == 1);
}

TEST_CASE("scission-predict warns in one line of unusual profiles") {
  const Example example;
  SystemProfile unusual = profile_of("edge", "box", {0.25, 0.25, 0.25});
  unusual.host.stress = "cpu=50";
  write_profile(unusual, example.folder().path() / "edge-box.json");
  const ToolResult result = example.predict({});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err,
                 "warning: edge-box was measured under stress: cpu=50; see "
                 "scission-check "));
}
