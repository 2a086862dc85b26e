// The command line of scission-adapt sweep, without a model or a worker.
#include "adapt/sweep_request.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::apps;
using namespace scission::testing;

TEST_CASE("A system's own options are other words for the same") {
  CHECK(
      normalise_arguments({"net", "--edge-cpu", "0,50", "--cloud-1-memory=0", "--cpu", "edge=1"}) ==
      std::vector<std::string>{"net", "--cpu", "edge=0,50", "--memory", "cloud-1=0", "--cpu",
                               "edge=1"});
  CHECK(normalise_arguments({"--cuts", "best:5"}) == std::vector<std::string>{"--plans", "best:5"});
  CHECK(normalise_arguments({"--cuts=all"}) == std::vector<std::string>{"--plans", "all"});
  CHECK(normalise_arguments({"--cuts", "frontier"}) ==
        std::vector<std::string>{"--cuts", "frontier"});
  CHECK(normalise_arguments({"--memory"}) == std::vector<std::string>{"--memory"});
}

TEST_CASE("Plans to measure are all, or a positive number of the best") {
  CHECK(parse_plan_choice("best:3") == 3);
  CHECK(parse_plan_choice("all") == 0);
  CHECK_ERROR(parse_plan_choice("best:0"), ErrorCode::invalid_argument, "--plans");
  CHECK_ERROR(parse_plan_choice("some"), ErrorCode::invalid_argument, "--plans");
}
