#include "scission/search/plan_io.hpp"
#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using scission::testing::two_systems;

TEST_CASE("a query is answered with the analyses that are requested") {
  Query query;
  query.result_count = 1;
  AnalysisRequest request;
  request.pareto = {Metric::latency, Metric::traffic};
  request.sensitivity = {"device,cloud", "@vm"};
  request.with_runner_up = true;
  std::size_t plans = 0;
  request.on_result = [&](const SearchResult& result) { plans = result.plans.size(); };
  const QueryAnswer answer = answer_query(two_systems(), query, request);
  CHECK(plans == 1);
  REQUIRE(answer.pareto.has_value());
  CHECK(answer.pareto->front.plans.size() > 1);
  REQUIRE(answer.sensitivity.size() == 2);
  CHECK(format_target(answer.sensitivity[0]) == "bandwidth of pi → vm, Mbit/s");
  CHECK(answer.sensitivity[0].ranges.front().low == Approx(0.016));
  CHECK(format_target(answer.sensitivity[1]) == "slowdown of vm, factor");
  CHECK(answer.sensitivity[1].ranges.back().high == Approx(100));
  REQUIRE(answer.runner_up.has_value());
  CHECK_FALSE(*answer.runner_up == answer.result.plans.front());
}

TEST_CASE("a query that no plan meets is answered with the reasons") {
  Query query;
  query.limits.latency_s = 1;
  const QueryAnswer answer = answer_query(two_systems(), query, {});
  CHECK(answer.result.plans.empty());
  REQUIRE(answer.infeasibility.has_value());
  const std::string text = format_infeasibility(*answer.infeasibility);
  CHECK(contains(text, "No plan meets this:\n  latency at most "));
  CHECK(contains(text, "This change is enough:\n"));
}

TEST_CASE("a target of sensitivity that cannot be meant is named in the error") {
  AnalysisRequest request;
  request.sensitivity = {"shed"};
  CHECK_ERROR(answer_query(two_systems(), {}, request), ErrorCode::invalid_argument,
              "sensitivity shed: no platform or system 'shed'");
}

TEST_CASE("layers to keep are a range or one layer") {
  CHECK(parse_keep_on("pi", "0-4") == KeepOn{"pi", 0, 4});
  CHECK(parse_keep_on("pi", "3") == KeepOn{"pi", 3, 3});
  CHECK_ERROR(parse_keep_on("pi", "4-3"), ErrorCode::invalid_argument, "'4-3' is neither layers");
}
