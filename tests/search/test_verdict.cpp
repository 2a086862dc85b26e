// Verdicts on answers, and plans that cannot be told apart.
#include "scission/search/analysis.hpp"

#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using scission::testing::two_systems;

namespace {

PartitionProblem known_to(double relative) {
  PartitionProblem problem = two_systems();
  problem.uncertainty.assign(2, {{relative, relative, relative}, 1});
  return problem;
}

struct Judged {
  PartitionProblem problem;
  Query query;
  SearchResult result = search(problem, query);
  Verdict verdict = judge(problem, query, result);

  std::string text() const { return format_verdict(problem, query, result, verdict); }
};

}  // namespace

TEST_CASE("a verdict compares the best plan with the source alone and the next best") {
  const Judged judged{known_to(0.01), {}};
  CHECK(judged.text() ==
        "vm alone: 1.45 s, 4.1 times faster than all on pi (6.00 s); next best 79 % slower");
  CHECK(judged.verdict.best == Approx(1.45));
  CHECK(judged.verdict.baseline == Approx(6));
  CHECK(judged.verdict.baseline_system == "pi");
  CHECK_FALSE(judged.verdict.is_baseline);
  CHECK_FALSE(judged.verdict.is_like_next);
  CHECK(judged.verdict.groups.empty());
}

TEST_CASE("a verdict says that distributing does not pay where it does not") {
  Judged judged{known_to(0.01), {}};
  judged.problem.links[1] = Link{100'000, 1.6};
  judged.result = search(judged.problem, judged.query);
  judged.verdict = judge(judged.problem, judged.query, judged.result);
  CHECK(judged.verdict.is_baseline);
  CHECK(judged.text().starts_with("all on pi: 6.00 s, no gain from distributing; next best "));
}

TEST_CASE("a verdict does not call faster what the measurements cannot tell apart") {
  Judged judged{known_to(3), {}};
  CHECK(judged.verdict.is_like_baseline);
  CHECK(judged.verdict.is_like_next);
  CHECK(judged.text() ==
        "vm alone: 1.45 s, cannot be told apart from all on pi (6.00 s); next best cannot be told "
        "apart");
}

TEST_CASE("plans whose difference may be zero are in one group") {
  const Judged judged{known_to(3), {}};
  REQUIRE(judged.result.plans.size() == 4);
  REQUIRE(judged.verdict.groups.size() == 1);
  CHECK(judged.verdict.groups[0] == PlanGroup{0, 3});
  CHECK(format_groups(judged.verdict.groups) ==
        "Plans 1 to 4 cannot be told apart: the 95 % interval of their difference contains 0.");
  CHECK(format_groups({{0, 1}, {3, 5}}) ==
        "Plans 1 and 2, and 4 to 6 cannot be told apart: the 95 % interval of their difference "
        "contains 0.");
  CHECK(format_groups({}).empty());
}

TEST_CASE("any two plans of a group cannot be told apart, and no group could have the next plan") {
  const auto are_alike = [](const Judged& judged, int one, int other) {
    const auto difference =
        latency_difference_interval(judged.problem, judged.result.plans[one],
                                    judged.result.plans[other], judged.query.input_bytes);
    return difference->low <= 0 && difference->high >= 0;
  };
  bool has_chain = false;  // a plan like the first of a group, and unlike another one
  for (int step = 1; step < 400; ++step) {
    PartitionProblem problem = known_to(0.005 * step);
    problem.uncertainty[1].relative.assign(3, 0.005 * (step % 7));
    const Judged judged{problem, {}};
    for (const PlanGroup& group : judged.verdict.groups) {
      for (int one = group.first; one < group.last; ++one) {
        for (int other = one + 1; other <= group.last; ++other) {
          CHECK(are_alike(judged, one, other));
        }
      }
      const int next = group.last + 1;
      if (next == static_cast<int>(judged.result.plans.size())) continue;
      bool is_like_all = true;
      for (int one = group.first; one <= group.last; ++one) {
        is_like_all = is_like_all && are_alike(judged, one, next);
      }
      CHECK_FALSE(is_like_all);
      has_chain = has_chain || are_alike(judged, group.first, next);
    }
  }
  CHECK(has_chain);
}

TEST_CASE("a percentage that rounds up to ten has no exponent") {
  Judged judged{known_to(0.01), {}};
  judged.verdict.best = 1;
  judged.verdict.next = 1.097;
  CHECK(judged.text().ends_with("; next best 10 % slower"));
}

TEST_CASE("gains and losses of every size are one measure, the ratio") {
  Judged judged{known_to(0.01), {}};
  judged.verdict.best = 0.03;
  judged.verdict.next = 4;
  CHECK(judged.text().ends_with(
      "200 times faster than all on pi (6.00 s); next best 133 times slower"));
  judged.verdict.best = 0.003;
  CHECK(contains(judged.text(), ", over 1000 times faster than all on pi"));
}

TEST_CASE("plans of unknown intervals are in no group") {
  const Judged judged{two_systems(), {}};
  CHECK(judged.verdict.groups.empty());
  CHECK_FALSE(judged.verdict.is_like_baseline);
}

TEST_CASE("a verdict on another objective speaks of that, without intervals") {
  Query query;
  query.objective = single_objective(Metric::traffic);
  const Judged judged{known_to(3), query};
  CHECK(judged.text().starts_with("all on pi: traffic 0 B, no gain from distributing; next best "));
  CHECK(judged.verdict.groups.empty());
}

TEST_CASE("plans are described by their systems and layers") {
  const PartitionProblem problem = two_systems();
  CHECK(describe_plan(problem, {0, {{0, 0, 2}}}) == "all on pi");
  CHECK(describe_plan(problem, {0, {{1, 0, 2}}}) == "vm alone");
  CHECK(describe_plan(problem, {0, {{1, 0, 2}}, 0}) == "vm alone → pi");
  CHECK(describe_plan(problem, {0, {{0, 0, 1}, {1, 2, 2}}}) == "pi 0–4 → vm 5");
}

TEST_CASE("without a plan there is nothing to judge") {
  CHECK_ERROR(judge(two_systems(), {}, {}), ErrorCode::invalid_argument, "no plan to judge");
}
