// Codecs in plans: search, answers as text and JSON, what is asked after a search, refusals.
#include <algorithm>
#include <limits>

#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "search/query_for.hpp"
#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using scission::testing::coded_problem;
using scission::testing::query_for;

namespace {

constexpr double none = std::numeric_limits<double>::infinity();

Query coded_query(std::vector<std::string> codecs) {
  Query query = query_for(800'000);
  query.codecs = std::move(codecs);
  return query;
}

Plan best(const PartitionProblem& problem, const Query& query) {
  const SearchResult result = search(problem, query);
  REQUIRE(result.is_optimal);
  REQUIRE(!result.plans.empty());
  return result.plans.front();
}

std::string codec_refusal(const PartitionProblem& problem, const std::string& codec) {
  return testing::error_of([&] { search(problem, coded_query({codec})); }).value().what();
}

}  // namespace

TEST_CASE("without an allowed codec everything crosses raw") {
  CHECK(best(coded_problem(), query_for(800'000)).codecs.empty());
  CHECK(best(coded_problem(), coded_query({"raw"})).codecs.empty());
}

TEST_CASE("of the allowed codecs a plan has the best") {
  // A second on the device, 0.1 + 0.1 s, the hop, 0.05 s, 0.5 s on the cloud.
  const Plan exact = best(coded_problem(), coded_query({"half"}));
  CHECK(exact.stages == std::vector<Stage>{{0, 0, 0}, {1, 1, 2}});
  CHECK(exact.codecs == std::vector<int>{Plan::raw, 0, Plan::raw});
  CHECK(exact.cost.latency_s == Approx(1 + 0.1 + 0.1 + 0.5 + 0.05 + 0.5));
  const Plan lossy = best(coded_problem(), coded_query({"half", "lossy"}));
  CHECK(lossy.codecs == std::vector<int>{1, Plan::raw});
  CHECK(lossy.cost.latency_s == Approx(0.1 + 0.1 + 0.5 + 0.05 + 0.6));
  CHECK(lossy.cost.error == 0.02);
  CHECK(lossy.cost.disagreement == 0.25);
  CHECK(lossy.cost.coding_s == Approx(0.15));
  CHECK(best(coded_problem(), coded_query({"all"})) == lossy);
}

TEST_CASE("limits on error and disagreement choose codecs and cuts") {
  Query query = coded_query({"half", "lossy"});
  query.limits.error = 0.015;
  const Plan plan = best(coded_problem(), query);
  CHECK(plan.codecs == std::vector<int>{Plan::raw, 0, Plan::raw});
  CHECK(plan.cost.error == 0);
  query.limits = {};
  query.limits.disagreement = 0.2;
  query.keep_on = {{"device", 0, 1}};
  const Plan kept = best(coded_problem(), query);
  CHECK(kept.codecs == std::vector<int>{Plan::raw, 1, Plan::raw});
  CHECK(kept.cost.disagreement == 0.125);
}

TEST_CASE("plans differ in their stages, not in their codecs alone") {
  Query query = coded_query({"all"});
  query.result_count = 100;
  const SearchResult result = search(coded_problem(), query);
  CHECK(result.plans.size() == 4);
  for (std::size_t i = 0; i < result.plans.size(); ++i) {
    for (std::size_t j = i + 1; j < result.plans.size(); ++j) {
      CHECK(result.plans[i].stages != result.plans[j].stages);
    }
  }
}

TEST_CASE("an upload limit counts coded bytes") {
  Query query = coded_query({"half"});
  query.constraints["device"].upload_bytes = 60'000;
  const Plan plan = best(coded_problem(), query);
  CHECK(plan.stages == std::vector<Stage>{{0, 0, 1}, {1, 2, 2}});
  CHECK(plan.codecs == std::vector<int>{Plan::raw, 0, Plan::raw});
}

TEST_CASE("a codec is not used where it was not measured") {
  PartitionProblem problem = coded_problem();
  problem.codecs[0].bytes[0] = none;
  CHECK(best(problem, coded_query({"half"})).codec(0) == Plan::raw);
  problem = coded_problem();
  problem.codecs[0].decode_s[1][0] = none;
  CHECK(best(problem, coded_query({"half"})).codec(0) == Plan::raw);
}

TEST_CASE("a codec that no profile, or not every one, has measured is refused with the command") {
  PartitionProblem problem = coded_problem();
  CHECK(
      codec_refusal(problem, "int8") ==
      "codecs: no profile of 'net' has measured codec 'int8' (measured: half, lossy); measure it "
      "on "
      "every system: scission-benchmark device pi --model FILE.pt (the file of net) --codecs int8 "
      "--calibrate FOLDER --resume");
  problem.codecs[0].encode_s[1].assign(4, none);
  problem.codecs[0].decode_s[1].assign(4, none);
  CHECK(codec_refusal(problem, "half") ==
        "codecs: profile cloud-vm has not measured codec 'half' of 'net'; measure it there: "
        "scission-benchmark cloud vm --model FILE.pt (the file of net) --codecs half --calibrate "
        "FOLDER --resume");
  CHECK(best(problem, coded_query({"all"})).codecs == std::vector<int>{1, Plan::raw});
}

TEST_CASE("codecs of the wrong size are refused") {
  PartitionProblem problem = coded_problem();
  problem.codecs[1].error.pop_back();
  CHECK_ERROR(search(problem, coded_query({"half"})), ErrorCode::invalid_argument,
              "needs 4 amounts");
}

TEST_CASE("a plan's codecs are in its line, in its route and in its JSON, and read back") {
  const PartitionProblem problem = coded_problem();
  Query query = coded_query({"all"});
  query.keep_on = {{"device", 0, 1}};
  const SearchResult result = search(problem, query);
  const Plan& plan = result.plans.front();
  CHECK(format_plan(problem, query, plan) ==
        "Device(pi) = 0 - 1, Cloud(vm) = 2 - 5 - lossy to Cloud(vm)");
  CHECK(layers_of_route(problem, plan) == "pi 0-1 → lossy → vm 2-5");
  CHECK(describe_plan(problem, plan) == "pi 0–1 → lossy → vm 2–5");
  const std::string text = format_result_json(problem, query, result);
  const StoredAnswer answer = parse_answer_json(text, "here");
  CHECK(answer.plans.front() == timeline_of(problem, plan, query.input_bytes));
  CHECK(answer.plans.front().route() == "pi 0-1 → lossy → vm 2-5");
  CHECK(answer.plans.front().items[1].codec == "lossy");
  CHECK(answer.plans.front().items[1].encode_s == Approx(0.1));
  const std::vector<Placement> placements = placements_of(answer.plans.front());
  CHECK(placements == placements_of(problem, plan));
  CHECK(placements[1].codec == "lossy");
  CHECK(plan_from_placements(problem, placements, "pi") == plan);
}

TEST_CASE("the front of latency and error has a plan for every codec that pays") {
  Query query = coded_query({"all"});
  const ParetoFront front = pareto_front(coded_problem(), query, {Metric::latency, Metric::error});
  REQUIRE(front.is_complete);
  REQUIRE(front.plans.size() == 2);
  CHECK(front.plans[0].codecs == std::vector<int>{1, Plan::raw});
  CHECK(front.plans[0].cost.error == 0.02);
  CHECK(front.plans[1].cost.error == 0);
  CHECK(front.plans[1].codecs == std::vector<int>{Plan::raw, 0, Plan::raw});
}

TEST_CASE("what no codec can repair is explained with the limit on the error") {
  Query query = coded_query({"lossy"});
  query.limits.error = 0.001;
  query.limits.latency_s = 2;
  const Infeasibility why = explain_infeasibility(coded_problem(), query);
  CHECK(why.irreducible_subset ==
        std::vector<std::string>{"latency at most 2 s", "error at most 0.1 %"});
}

TEST_CASE("a bandwidth's ranges have the codecs that are best there") {
  Query query = coded_query({"half"});
  query.keep_on = {{"device", 0, 1}};
  const std::vector<SensitivityRange> ranges =
      bandwidth_sensitivity(coded_problem(), query, {"pi", "vm", 0.1, 100});
  const auto is_coded = [](const SensitivityRange& range) { return !range.plan.codecs.empty(); };
  CHECK(std::any_of(ranges.begin(), ranges.end(), is_coded));
  CHECK(ranges.back().plan.codecs.empty());
}

TEST_CASE("slow systems code slowly") {
  Planner planner(coded_problem(), coded_query({"half"}));
  planner.set_slowdown("pi", 10);
  CHECK(planner.cost(Plan{0, {{1, 0, 2}}, {}, {0, Plan::raw}}).coding_s == Approx(1.05));
}
