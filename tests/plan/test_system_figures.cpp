#include "base/file.hpp"
#include "scission/plan/problem.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;

namespace {

const std::string system_header = "system,power(W),price(per hour),memory(MB)\n";

PartitionProblem three_systems() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"box", "edge"}, {"hut", "edge"}};
  return problem;
}

std::vector<SystemAttributes> parse_figures(const std::string& text) {
  return parse_system_attributes(text, "systems.csv");
}

void check_refused(const std::string& text, const std::string& message) {
  INFO(text);
  CHECK_ERROR(parse_figures(text), ErrorCode::damaged, message);
}

}  // namespace

TEST_CASE("a system's figures are read in watts, money an hour and bytes") {
  CHECK(parse_figures(system_header + "pi,5,0.25,900\n") ==
        std::vector<SystemAttributes>{{"pi", 5.0, 0.25, 900e6}});
}

TEST_CASE("a figure that is left empty is not known, one of 0 is") {
  CHECK(parse_figures(system_header + "pi,,,\nbox,0,0,0\n") ==
        std::vector<SystemAttributes>{{"pi", {}, {}, {}}, {"box", 0.0, 0.0, 0.0}});
}

TEST_CASE("the figures' columns may be in any order and each may be absent") {
  CHECK(parse_figures("system,memory(MB),power(W)\npi,2,3\n") ==
        std::vector<SystemAttributes>{{"pi", 3.0, {}, 2e6}});
  CHECK(parse_figures("system\npi\n") == std::vector<SystemAttributes>{{"pi", {}, {}, {}}});
}

TEST_CASE("figures may stand between spaces, empty lines, comments and Windows line ends") {
  CHECK(parse_figures("# ours\r\n\r\n system , power(W)\r\n# pi\r\n pi ,  5 \r\n") ==
        std::vector<SystemAttributes>{{"pi", 5.0, {}, {}}});
}

TEST_CASE("a file of figures that cannot be meant is refused with its line") {
  check_refused("", "systems.csv: is empty; it must begin with system,power(W)");
  check_refused("# nothing\n", "systems.csv: is empty");
  check_refused("pi,5,0,1\n", "systems.csv:1: the header must be system,power(W)");
  check_refused("system,power(kW)\n", "systems.csv:1: the header must be");
  check_refused("system,power(kW)\n", "column 'power(kW)' is unknown, misplaced or there twice");
  check_refused("system,power(W),power(W)\n", "column 'power(W)' is unknown, misplaced");
  check_refused("power(W),system\n", "column 'power(W)' is unknown, misplaced");
  check_refused(system_header + "pi,5\n",
                "systems.csv:2: has 2 fields where 4 are wanted: system,power");
  check_refused(system_header + "\n,5,1,1\n", "systems.csv:3: the system must be named");
  check_refused(system_header + "pi,five,1,1\n",
                "systems.csv:2: power(W) is 'five', and must be a number of 0 or more");
  check_refused(system_header + "# ours\npi,5,-1,1\n", "systems.csv:3: price(per hour) is '-1'");
  check_refused(system_header + "pi,5,1,nan\n", "systems.csv:2: memory(MB) is 'nan'");
  check_refused(system_header + "pi,inf,1,1\n", "systems.csv:2: power(W) is 'inf'");
}

TEST_CASE("figures are read from a file, which has to be there") {
  const testing::Scratch scratch;
  CHECK(read_system_attributes(scratch.file("systems.csv", system_header + "pi,5,,\n")) ==
        parse_figures(system_header + "pi,5,,\n"));
  CHECK_ERROR(read_system_attributes(scratch.path() / "none.csv"), ErrorCode::not_found,
              "none.csv");
  CHECK_ERROR(read_system_attributes(scratch.file("bad.csv", system_header + "pi,x,,\n")),
              ErrorCode::damaged, "bad.csv:2: power(W)");
}

TEST_CASE("a platform's figures are those of all its systems, a system's own go before them") {
  PartitionProblem problem = three_systems();
  apply_system_attributes(parse_figures(system_header + "box,7,,\nedge,20,0.5,4000\n"), problem);
  CHECK_FALSE(problem.systems[0].power_w);
  CHECK(problem.systems[1].power_w == 7.0);
  CHECK(problem.systems[1].price_per_hour == 0.5);
  CHECK(problem.systems[2].power_w == 20.0);
  CHECK(problem.systems[2].memory_bytes == 4e9);
}

TEST_CASE("a later figure goes before an earlier, and one that is not stated changes nothing") {
  PartitionProblem problem = three_systems();
  problem.systems[0].memory_bytes = 9;
  apply_system_attributes(parse_figures(system_header + "pi,1,2,\npi,3,,\n"), problem);
  CHECK(problem.systems[0].power_w == 3.0);
  CHECK(problem.systems[0].price_per_hour == 2.0);
  CHECK(problem.systems[0].memory_bytes == 9.0);
}

TEST_CASE("a platform without a system may have figures, an unknown name may not") {
  PartitionProblem problem = three_systems();
  CHECK_NOTHROW(apply_system_attributes(parse_figures(system_header + "cloud,1,,\n"), problem));
  CHECK_ERROR(apply_system_attributes(parse_figures(system_header + "pi,1,,\nfog,1,,\n"), problem),
              ErrorCode::invalid_argument,
              "no platform or system 'fog'; choose from: device, edge, cloud, pi, box, hut");
  CHECK_FALSE(problem.systems[0].power_w);
}

TEST_CASE("the example's figures are of its systems") {
  PartitionProblem problem;
  problem.platforms = default_platforms();
  problem.systems = {{"handheld", "device"}, {"box", "edge"}, {"vm", "cloud"}};
  apply_system_attributes(read_system_attributes("data/example/systems.csv"), problem);
  for (const System& system : problem.systems) {
    CHECK(system.power_w.value_or(0) > 0);
    CHECK(system.price_per_hour.has_value());
  }
  CHECK(problem.systems[0].memory_bytes.value_or(0) > 0);
}
