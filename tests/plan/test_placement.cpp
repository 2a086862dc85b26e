#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using scission::testing::Scratch;

namespace {

std::string stages(const std::string& list) {
  return R"({"format": "scission-plans", "version": 1, "plans": [{"stages": [)" + list + "]}]}";
}

const std::string pi_and_vm = R"({"system": "pi", "first_layer": 0, "last_layer": 6},
                                 {"system": "vm", "first_layer": 7, "last_layer": 9})";

}  // namespace

TEST_CASE("the best plan's stages are read back from what a prediction wrote") {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 0, 600'000}, {1, 6, 250'000}, {7, 9, 4'000}};
  problem.block_s = {{0, 0.2, 0.4}, {0, 0.005, 0.01}};
  problem.links.assign(4, Link{100, 8});
  SearchResult result;
  result.plans = {{0, {{0, 0, 1}, {1, 2, 2}}}, {0, {{0, 0, 2}}}};
  const Scratch folder;
  const auto file = folder.file("plan.json", format_result_json(problem, {}, result));
  CHECK(read_placements(file) == std::vector<Placement>{{0, 6, "pi"}, {7, 9, "vm"}});
}

TEST_CASE("stages that are not there, or not in order without gaps, are named") {
  struct Case {
    std::string text;
    std::string part;
  };
  const std::vector<Case> cases{
      {"{", "line 1"},
      {"[]", "scission-predict"},
      {R"({"format": "scission-profile"})", "scission-predict"},
      {R"({"format": "scission-plans"})", "version"},
      {R"({"format": "scission-plans", "version": 1})", "plans"},
      {stages(""), "plans[0].stages"},
      {stages(R"({"first_layer": 0, "last_layer": 6})"), "system"},
      {stages(R"({"system": "", "first_layer": 0, "last_layer": 6})"), "stages[0].system"},
      {stages(R"({"system": "pi", "first_layer": 1, "last_layer": 6})"), "must be 0"},
      {stages(R"({"system": "pi", "first_layer": 0, "last_layer": -1})"), "last_layer"},
      {stages(pi_and_vm + R"(, {"system": "pi", "first_layer": 9, "last_layer": 12})"),
       "stages[2].first_layer: must be 10"},
      {stages(pi_and_vm + R"(, {"system": "pi", "first_layer": 10, "last_layer": 9})"),
       "stages[2].last_layer"},
      {stages(R"({"system": "pi", "first_layer": 0, "last_layer": 2147483647})"), "last_layer"},
  };
  const Scratch folder;
  for (const Case& bad : cases) {
    CAPTURE(bad.text);
    const auto file = folder.file("plan.json", bad.text);
    CHECK_ERROR(read_placements(file), ErrorCode::damaged, "plan.json");
    CHECK_ERROR(read_placements(file), ErrorCode::damaged, bad.part);
  }
}

TEST_CASE("a file without a plan, a newer one and none at all are told apart") {
  const Scratch folder;
  const auto empty =
      folder.file("empty.json", R"({"format": "scission-plans", "version": 1, "plans": []})");
  CHECK_ERROR(read_placements(empty), ErrorCode::invalid_argument, "contains no plan");
  const auto newer = folder.file("newer.json", R"({"format": "scission-plans", "version": 2})");
  CHECK_ERROR(read_placements(newer), ErrorCode::unsupported, "version 2");
  CHECK_ERROR(read_placements(folder.path() / "none.json"), ErrorCode::not_found, "none.json");
}

TEST_CASE("a plan's placements name its systems and layers, and make the plan again") {
  PartitionProblem problem;
  problem.systems = {{"pi", "device"}, {"box", "edge"}, {"vm", "cloud"}};
  problem.blocks = {{0, 2, 1}, {3, 3, 1}, {4, 9, 1}};
  const Plan plan{1, {{0, 0, 1}, {2, 2, 2}}};
  const std::vector<Placement> placements = placements_of(problem, plan);
  CHECK(placements == std::vector<Placement>{{0, 3, "pi"}, {4, 9, "vm"}});
  CHECK(plan_from_placements(problem, placements, "box") == plan);
}

TEST_CASE("placements and plans of another problem are refused by what is not there") {
  PartitionProblem problem;
  problem.systems = {{"pi", "device"}};
  problem.blocks = {{0, 2, 1}, {3, 3, 1}};
  CHECK_ERROR(plan_from_placements(problem, {{0, 3, "pi"}}, "vm"), ErrorCode::mismatch, "vm");
  CHECK_ERROR(plan_from_placements(problem, {{0, 3, "vm"}}, "pi"), ErrorCode::mismatch, "vm");
  CHECK_ERROR(plan_from_placements(problem, {{0, 1, "pi"}}, "pi"), ErrorCode::mismatch, "layer 1");
  CHECK_ERROR(placements_of(problem, {0, {{1, 0, 0}}}), ErrorCode::invalid_argument, "system 1");
  CHECK_ERROR(placements_of(problem, {0, {{0, 0, 2}}}), ErrorCode::invalid_argument, "block 2");
  CHECK_ERROR(placements_of(problem, {0, {{0, -1, 0}}}), ErrorCode::invalid_argument, "block -1");
}
