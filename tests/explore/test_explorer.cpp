// Questions of the page, and its answers.
#include <algorithm>

#include "explore/example.hpp"
#include "scission/base.hpp"
#include "scission/search/analysis.hpp"

using namespace scission;
using namespace scission::testing;
using Json = nlohmann::json;

namespace {

Json answer_of(const Explorer& explorer, const std::string& question) {
  return Json::parse(explorer.answer(question));
}

std::vector<std::string> texts_of(const Json& plans) {
  std::vector<std::string> texts;
  for (const Json& plan : plans) texts.push_back(plan.at("text"));
  return texts;
}

std::vector<std::string> texts_of(const PartitionProblem& problem, const std::vector<Plan>& plans) {
  std::vector<std::string> texts;
  for (const Plan& plan : plans) texts.push_back(describe_plan(problem, plan));
  return texts;
}

}  // namespace

TEST_CASE("an answer has the plans and the front of answer_query under the same conditions") {
  const Explorer explorer = example_explorer();
  const Json answer = answer_of(explorer, R"({
    "links": [{"from": "handheld", "to": "box", "ping_ms": 8, "megabits_per_s": 25}],
    "slowdowns": [{"system": "vm", "factor": 3}],
    "objective": "latency + 0.1 traffic",
    "max_stages": 2,
    "keep_on": [{"name": "device", "layers": "0-3"}],
    "use": [{"name": "vm", "is_used": false}],
    "limits": {"traffic_mb": 5},
    "pareto": ["latency", "traffic"]})");

  Query query;
  query.objective = parse_objective("latency + 0.1 traffic");
  query.max_stages = 2;
  query.keep_on = {{"device", 0, 3}};
  query.constraints["vm"].criteria.is_used = false;
  query.limits.traffic_bytes = 5e6;
  const PartitionProblem problem = with_conditions(
      example_problem(), {.links = {{"handheld", "box", 8, 25}}, .slowdowns = {{"vm", 3}}});
  const QueryAnswer expected =
      answer_query(problem, query, {.pareto = {Metric::latency, Metric::traffic}});

  REQUIRE_FALSE(expected.result.plans.empty());
  CHECK(texts_of(answer.at("plans")) == texts_of(problem, expected.result.plans));
  CHECK(answer.at("plans").at(0).at("latency_s") == expected.result.plans.front().cost.latency_s);
  CHECK(texts_of(answer.at("pareto").at("plans")) ==
        texts_of(problem, expected.pareto->front.plans));
  CHECK(answer.at("verdict") ==
        format_verdict(problem, query, expected.result, judge(problem, query, expected.result)));
  CHECK(answer.at("command") ==
        "scission-predict data/example network.csv vgg19 --link handheld,box 8,25 --slowdown vm 3 "
        "--objective 'latency + 0.1 traffic' --max-stages 2 --keep-on device 0-3 --on vm -1 "
        "--traffic-limit 5 --pareto latency,traffic");
}

TEST_CASE("an empty question asks what the explorer begins with") {
  const PartitionProblem problem = example_problem();
  const Json answer = answer_of(example_explorer(), "{}");
  CHECK(texts_of(answer.at("plans")) == texts_of(problem, search(problem, Query{}).plans));
  CHECK(answer.at("command") == "scission-predict data/example network.csv vgg19");
}

TEST_CASE("the items of a plan follow each other and add up to its latency") {
  const Json answer = answer_of(example_explorer(), "{}");
  for (const Json& plan : answer.at("plans")) {
    double end = 0;
    for (const Json& item : plan.at("items")) {
      CHECK(item.at("begin_s").get<double>() == Approx(end));
      end += item.at("seconds").get<double>();
    }
    CHECK(end == Approx(plan.at("latency_s").get<double>()));
  }
}

TEST_CASE("the ranges of a slider cover it, and in each the named plan is the best") {
  const Explorer explorer = example_explorer();
  const Json answer = answer_of(explorer, "{}");
  REQUIRE(answer.at("ranges").size() == 9);  // three links of two sliders, three systems
  CHECK(answer.at("is_complete") == true);
  int several = 0;
  for (const Json& slider : answer.at("ranges")) {
    CAPTURE(slider.dump());
    const Json& ranges = slider.at("ranges");
    several += ranges.size() > 1 ? 1 : 0;
    CHECK(ranges.front().at(0).get<double>() == Approx(slider.at("low").get<double>()));
    CHECK(ranges.back().at(1).get<double>() == Approx(slider.at("high").get<double>()));
    for (const Json& range : ranges) {
      const double middle = (range.at(0).get<double>() + range.at(1).get<double>()) / 2;
      Conditions conditions;
      const PartitionProblem problem = example_problem();
      const std::string from = problem.systems[slider.at("from").get<int>()].name;
      if (slider.at("knob") == "slowdown") {
        conditions.slowdowns = {{from, middle}};
      } else {
        const std::string to = problem.systems[slider.at("to").get<int>()].name;
        Link link = *problem.link(from, to);
        (slider.at("knob") == "delay" ? link.ping_ms : link.megabits_per_s) = middle;
        conditions.links = {{from, to, link.ping_ms, link.megabits_per_s}};
      }
      const PartitionProblem changed = with_conditions(problem, conditions);
      const std::string best = describe_plan(changed, search(changed, Query{}).plans.front());
      CHECK(answer.at("range_plans").at(range.at(2).get<std::size_t>()).at("text") == best);
    }
  }
  CHECK(several > 3);
}

TEST_CASE("the ranges of a slowed machine stay where they are on its slider") {
  const Explorer explorer = example_explorer();
  const auto last = [](const Json& answer) { return answer.at("ranges").back().at("ranges"); };
  const Json before = last(answer_of(explorer, "{}"));
  const Json after = last(answer_of(explorer, R"({"slowdowns": [{"system": "vm", "factor": 4}]})"));
  REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i][1].get<double>() == Approx(after[i][1].get<double>()));
  }
}

TEST_CASE("where no plan fits, the answer tells the reason and what would help") {
  const Json answer = answer_of(example_explorer(), R"({"limits": {"latency_s": 0.001}})");
  CHECK(answer.at("plans").empty());
  CHECK(contains(answer.at("infeasible"), "latency"));
  CHECK_FALSE(answer.contains("verdict"));
}

TEST_CASE("a slider without ranges tells why") {
  const Json answer = answer_of(example_explorer(), R"({"objective": "period"})");
  for (const Json& slider : answer.at("ranges")) {
    CHECK_FALSE(slider.contains("ranges"));
    CHECK(contains(slider.at("reason"), "period"));
  }
}

TEST_CASE("links in both directions and back belong to a question in any order") {
  PartitionProblem problem = example_problem();
  problem.links[problem.systems.size()] = problem.links[1];  // box → handheld
  const Explorer explorer = example_explorer(problem);
  CHECK(answer_of(explorer, "{}").at("ranges").size() == 9);
  CHECK(answer_of(explorer, R"({"any_order": true})").at("ranges").size() == 11);
}

TEST_CASE("a system that is named as a platform is distinguished in the page's questions") {
  PartitionProblem problem = example_problem();
  for (System& system : problem.systems) {
    if (system.name == "box") system.name = "edge";
  }
  const Explorer explorer = example_explorer(problem);
  CHECK(contains(explorer.page(), R"("id":"@edge")"));
  CHECK(contains(explorer.page(), R"("id":"vm")"));
}

TEST_CASE("codecs of a question are those of a query") {
  PartitionProblem problem = example_problem();
  CodecCosts half;
  half.name = "half";
  half.bytes.assign(problem.blocks.size() + 1, 1000.0);
  half.error.assign(problem.blocks.size() + 1, 0.01);
  half.disagreement.assign(problem.blocks.size() + 1, 0.02);
  half.encode_s.assign(problem.systems.size(), std::vector<double>(half.bytes.size(), 1e-4));
  half.decode_s = half.encode_s;
  problem.codecs = {half};
  const Json answer =
      answer_of(example_explorer(problem),
                R"({"codecs": ["half"], "limits": {"max_error": 0.5, "min_agreement": 0.9}})");
  Query query;
  query.codecs = {"half"};
  query.limits.error = 0.5;
  query.limits.disagreement = 1 - 0.9;
  CHECK(texts_of(answer.at("plans")) == texts_of(problem, search(problem, query).plans));
  CHECK(contains(answer.at("plans").at(0).at("text"), "half"));
  CHECK(contains(answer.at("command"), "--codecs half --max-error 0.5 --min-agreement 0.9"));
}

TEST_CASE("an invalid question is refused with the field") {
  const Explorer explorer = example_explorer();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "question: "},
      {"nonsense", "question: "},
      {"[]", "must be an object"},
      {"3", "must be an object"},
      {"{\"objectiv\": \"latency\"}", "did you mean 'objective'?"},
      {R"({"objective": "speed"})", "question.objective"},
      {R"({"objective": 3})", "objective"},
      {R"({"max_stages": 0})", "stages"},
      {R"({"max_stages": -1})", "max_stages"},
      {R"({"result_count": 0})", "must be 1 to 100"},
      {R"({"result_count": 1000000})", "must be 1 to 100"},
      {R"({"revisit": true})", "needs any_order"},
      {R"({"links": [{"from": "handheld"}]})", "links[0]"},
      {R"({"links": [{"from": "handheld", "to": "box", "ping_ms": NaN, "megabits_per_s": 1}]})",
       "question: "},
      {R"({"links": [{"from": "handheld", "to": "box", "ping_ms": -1, "megabits_per_s": 1}]})",
       "ping_ms"},
      {R"({"links": [{"from": "handheld", "to": "box", "ping_ms": 1, "megabits_per_s": 0}]})",
       "link handheld,box"},
      {R"({"links": [{"from": "handheld", "to": "moon", "ping_ms": 1, "megabits_per_s": 1}]})",
       "moon"},
      {R"({"slowdowns": [{"system": "box", "factor": 0}]})", "slowdown box"},
      {R"({"slowdowns": [{"system": "box", "factor": 1e999}]})", "question: "},
      {R"({"keep_on": [{"name": "device", "layers": "x"}]})", "question.keep_on"},
      {R"({"keep_on": [{"name": "device", "layers": "0-99999"}]})", ""},
      {R"({"use": [{"name": "moon", "is_used": true}]})", "moon"},
      {R"({"limits": {"latency": 1}})", "did you mean 'latency_s'?"},
      {R"({"limits": {"max_error": 2}})", "share"},
      {R"({"limits": 3})", "limits"},
      {R"({"codecs": ["none-such"]})", "none-such"},
      {R"({"pareto": ["latency"]})", "question.pareto"},
      {R"({"time_limit_s": 1e9})", "time_limit_s"},
      {std::string(60'000, '['), "question: "},
  };
  for (const auto& [question, part] : cases) {
    CAPTURE(question.substr(0, 200), part);
    check_error([&explorer, &text = question] { explorer.answer(text); }, part);
  }
}

TEST_CASE("the command of an answer that is not finished ends after the same time") {
  const Json answer =
      answer_of(example_explorer(), R"({"pareto": ["latency", "period"], "time_limit_s": 0})");
  REQUIRE_FALSE(answer.at("pareto").at("is_complete").get<bool>());
  CHECK(contains(answer.at("command"), "--time-limit 0"));
}

TEST_CASE("the words of a command are quoted for a shell") {
  PartitionProblem problem = example_problem();
  const Explorer explorer(problem, Query{},
                          {"scission-predict", "my profiles", "a'b.csv", "vgg19"});
  CHECK(answer_of(explorer, "{}").at("command") ==
        R"(scission-predict 'my profiles' 'a'\''b.csv' vgg19)");
}

TEST_CASE("an explorer of a problem that no query suits is refused") {
  Query query;
  query.sources = {"moon"};
  CHECK_THROWS_AS(Explorer(example_problem(), query, {}), Error);
}
