// Corrections of systems' times by what runs have shown.
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

PartitionProblem problem_of_two() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 200'000}, {2, 4, 100'000}};
  problem.block_s = {{1, 2}, {0.5, 0.25}};
  problem.setup_s = {{0.5, 0.25}, {0.5, 0.125}};
  problem.links = {std::nullopt, Link{100, 1.6}, Link{100, 1.6}, std::nullopt};
  return problem;
}

}  // namespace

TEST_CASE(
    "corrections multiply a system's times, add to its stages and leave other systems alone") {
  PartitionProblem problem = problem_of_two();
  const SystemCorrection correction{"vm", 2, 0.5, 1};
  apply_corrections({"net", {correction, {"unknown", 3, 1, 1}}}, problem);
  CHECK(problem.block_s == std::vector<std::vector<double>>{{1, 2}, {1, 0.5}});
  CHECK(problem.setup_s == std::vector<std::vector<double>>{{0.5, 0.25}, {1.5, 0.75}});
  CHECK(problem.corrections == std::vector<SystemCorrection>{correction});
}

TEST_CASE("corrections give stages a setup time where profiles have none, and apply once") {
  PartitionProblem problem = problem_of_two();
  problem.setup_s.clear();
  apply_corrections({"net", {{"pi", 1, 0.5, 1}}}, problem);
  CHECK(problem.setup_s == std::vector<std::vector<double>>{{0.5, 0.5}, {0, 0}});
  CHECK(plan_cost(problem, {0, {{0, 0, 0}, {1, 1, 1}}}, 0).setup_s == 0.5);
  CHECK_THROWS_WITH(apply_corrections({"net", {{"vm", 2, 0, 1}}}, problem),
                    "corrections: the problem's times are corrected already");
  CHECK(problem.corrections.size() == 1);
}

TEST_CASE("newer corrections take the place of earlier ones of the same systems") {
  const Corrections earlier{"net", {{"pi", 1.5, 0, 1}, {"vm", 2, 0, 1}}};
  const Corrections all = merge_corrections(earlier, {"net", {{"vm", 0.5, 0.1, 3}}});
  CHECK(all == Corrections{"net", {{"pi", 1.5, 0, 1}, {"vm", 0.5, 0.1, 3}}});
  CHECK(merge_corrections({}, all) == all);
}

TEST_CASE("corrections of another model are refused") {
  PartitionProblem problem = problem_of_two();
  CHECK_THROWS_WITH(apply_corrections({"other", {{"pi", 2, 0, 1}}}, problem),
                    "corrections: are of the model other, not of net; learn them from runs of net");
  CHECK(problem.corrections.empty());
  CHECK_THROWS_AS(merge_corrections({"net", {{"pi", 2, 0, 1}}}, {"other", {}}), Error);
}

TEST_CASE("corrections read back as they were written, and wrong factors are named") {
  const Corrections corrections{"net", {{"pi", 1.0 / 3, 0.001, 2}, {"vm", 1.25, 0, 1}}};
  CHECK(parse_corrections_json(format_corrections_json(corrections), "c.json") == corrections);
  const std::string zero = R"({"format": "scission-corrections", "version": 1, "model": "net",
                               "systems": [{"system": "pi", "factor": 0}]})";
  CHECK_THROWS_WITH(parse_corrections_json(zero, "c.json"),
                    "c.json: systems[0].factor: must be above 0");
  CHECK_THROWS_AS(parse_corrections_json("{}", "c.json"), Error);
}
