// Links and machines other than the measured ones.
#include "explore/example.hpp"
#include "scission/base.hpp"
#include "scission/search/search.hpp"

using namespace scission;
using namespace scission::testing;

TEST_CASE("a problem under conditions costs what a planner with the same changes costs") {
  Conditions conditions;
  conditions.links = {{"handheld", "box", 8, 25}, {"edge", "cloud", 3, 400}};
  conditions.slowdowns = {{"box", 2.5}};
  const PartitionProblem changed = with_conditions(example_problem(), conditions);

  Planner planner(example_problem(), Query{});
  planner.set_link("handheld", "box", Link{.ping_ms = 8, .megabits_per_s = 25});
  planner.set_link("box", "vm", Link{.ping_ms = 3, .megabits_per_s = 400});
  planner.set_slowdown("box", 2.5);
  const SearchResult expected = planner.plan();
  const SearchResult found = search(changed, Query{});
  REQUIRE(found.plans == expected.plans);
  CHECK(found.plans.front().cost.latency_s == expected.plans.front().cost.latency_s);
}

TEST_CASE("of several settings of a link or a system the last applies") {
  const PartitionProblem changed = with_conditions(
      example_problem(), {.links = {{"device", "edge", 1, 10}, {"device", "edge", 2, 20}},
                          .slowdowns = {{"box", 4}, {"edge", 1}}});
  CHECK(changed.link("handheld", "box")->megabits_per_s == 20);
  CHECK(changed.block_s == example_problem().block_s);
}

TEST_CASE("a setting replaces a measured curve and keeps energy and price, and may add a link") {
  PartitionProblem problem = example_problem();
  Link& link = problem.links[1].value();
  link.curve = {{0, 0.1}, {1e6, 1}};
  link.joules_per_byte = 1e-6;
  const std::size_t back = problem.systems.size();  // from the second system to the first
  REQUIRE_FALSE(problem.links[back]);
  const PartitionProblem changed =
      with_conditions(problem, {.links = {{"handheld", "box", 5, 50}, {"box", "handheld", 5, 50}}});
  CHECK(changed.links[1]->curve.empty());
  CHECK(changed.links[1]->joules_per_byte == 1e-6);
  CHECK(changed.links[back]->megabits_per_s == 50);
}

TEST_CASE("conditions that name no system or make no sense are refused with their place") {
  const auto under = [](const Conditions& conditions) {
    return [=] { with_conditions(example_problem(), conditions); };
  };
  check_error(under({.links = {{"handheld", "bxo", 1, 1}}}), "link handheld,bxo: 'bxo' is no");
  check_error(under({.links = {{"handheld", "bxo", 1, 1}}}), "did you mean 'box'?");
  check_error(under({.links = {{"box", "edge", 1, 1}}}), "same system at both ends");
  check_error(under({.links = {{"box", "vm", 1, 0}}}), "link box,vm");
  check_error(under({.slowdowns = {{"box", 0}}}), "slowdown box");
}

TEST_CASE("texts of conditions are read strictly") {
  CHECK(parse_link_setting("box, vm", "25,80.5") == LinkSetting{"box", "vm", 25, 80.5});
  CHECK(parse_slowdown_setting("box", "0.5") == SlowdownSetting{"box", 0.5});
  for (const char* ends : {"", "box", "box,", ",vm", "a,b,c"}) {
    CAPTURE(ends);
    CHECK_THROWS_AS(parse_link_setting(ends, "1,1"), Error);
  }
  for (const char* values : {"", "1", "1,", "-1,5", "1,nan", "1,2,3", "x,1", "1,-1", "1e999,1"}) {
    CAPTURE(values);
    CHECK_THROWS_AS(parse_link_setting("box,vm", values), Error);
  }
  for (const char* factor : {"", "0", "-1", "nan", "inf", "2x"}) {
    CAPTURE(factor);
    CHECK_THROWS_AS(parse_slowdown_setting("box", factor), Error);
  }
}
