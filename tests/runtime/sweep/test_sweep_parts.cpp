// The parts of a sweep: factors, plans, order, journal, precision.
#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "runtime/sweep/journal.hpp"
#include "runtime/sweep/measure_plan.hpp"
#include "runtime/sweep/randomised_blocks.hpp"
#include "runtime/sweep/testbed.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

const std::vector<std::string> systems{"edge", "cloud-1"};

Measurement measurement(int block, const std::string& condition, const std::string& plan) {
  Measurement made;
  made.block = block;
  made.condition = condition;
  made.plan = plan;
  made.samples = {0.125, 0.25, 0.1};
  made.system_seconds = {0.05, 0.06};
  return made;
}

std::vector<SweepFactor> factors_of(const std::vector<std::string>& network,
                                    const std::vector<std::string>& cpu,
                                    const std::vector<std::string>& memory) {
  return parse_factors({{FactorKind::link_rate, network, "--network"},
                        {FactorKind::cpu_stress, cpu, "--cpu"},
                        {FactorKind::memory_stress, memory, "--memory"}},
                       systems);
}

}  // namespace

TEST_CASE("Factors are read as the study's and our users write them") {
  const auto factors = factors_of({"50", "25", "edge-cloud-1=5", "2.5"},
                                  {"edge=0", "50", "cloud-1=0", "100"}, {"edge=10"});
  REQUIRE(factors.size() == 5);
  CHECK(factors[0].factor.name == "network");
  CHECK(factors[0].factor.unit == "Mbit/s");
  CHECK(factors[0].factor.levels == std::vector<std::string>{"50", "25"});
  CHECK(factors[1].one_end == "edge");
  CHECK(factors[1].other_end == "cloud-1");
  CHECK(factors[1].values == std::vector<double>{5, 2.5});
  CHECK(factors[2].factor.name == "edge CPU stress");
  CHECK(factors[3].system == "cloud-1");
  CHECK(factors[4].factor.name == "edge memory stress");
  const SweepSetting setting = setting_of(factors, {1, 0, 1, 1, 0});
  CHECK(setting.rate("cloud-1", "edge") == 5);
  CHECK(setting.rate("edge", "elsewhere") == 25);
  CHECK(setting.stress.at("edge") == StressLevel{50, 10});
  CHECK(setting.stress.at("cloud-1") == StressLevel{100, 0});
}

TEST_CASE("Factors that cannot be meant are refused with their place") {
  using Items = std::vector<std::string>;
  const auto refuse = [](const Items& network, const Items& cpu, const Items& memory,
                         const char* part) {
    CHECK_ERROR(factors_of(network, cpu, memory), ErrorCode::invalid_argument, part);
  };
  refuse({"0"}, {}, {}, "--network");
  refuse({"fast"}, {}, {}, "fast");
  refuse({"50", "50.0"}, {}, {}, "twice");
  refuse({"edge-moon=50"}, {}, {}, "edge-moon");
  refuse({}, {"50"}, {}, "--cpu");
  refuse({}, {"moon=50"}, {}, "moon");
  refuse({}, {}, {"edge=101"}, "--memory");
  refuse({}, {"edge=12.5"}, {}, "12.5");
  refuse({}, {"edge=0", "edge=50"}, {}, "twice");
}

TEST_CASE("All plans of two systems are the study's cuts, and both ends") {
  const auto plans = enumerate_routes({"edge", "cloud"}, {0, 2, 5}, 100);
  std::vector<std::string> labels;
  for (const RoutePlan& plan : plans) labels.push_back(format_plan_label(plan));
  CHECK(labels == std::vector<std::string>{"edge:0-5", "cloud:0-5", "edge:0-0|cloud:1-5",
                                           "edge:0-2|cloud:3-5"});
}

TEST_CASE("Plans of three systems are as many as combinatorics says") {
  // n blocks: 3 with one stage, 3 (n - 1) with two, (n - 1)(n - 2) / 2 with three.
  const auto plans = enumerate_routes({"a", "b", "c"}, {0, 1, 2, 3, 4}, 1000);
  CHECK(plans.size() == 3 + 3 * 4 + 4 * 3 / 2);
  std::set<std::string> labels;
  for (const RoutePlan& plan : plans) {
    labels.insert(format_plan_label(plan));
    CHECK(plan.front().first_layer == 0);
    CHECK(plan.back().last_layer == 4);
    for (std::size_t i = 1; i < plan.size(); ++i) {
      CHECK(plan[i].first_layer == plan[i - 1].last_layer + 1);
    }
  }
  CHECK(labels.size() == plans.size());
  CHECK_ERROR(enumerate_routes({"a", "b", "c"}, {0, 1, 2, 3, 4}, 20), ErrorCode::invalid_argument,
              "fewer systems");
}

TEST_CASE("Each block has every condition and every plan once, in orders of a seed") {
  const std::vector<std::vector<int>> conditions{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}};
  const auto visits = randomised_order(conditions, 4, 3, 7);
  REQUIRE(visits.size() == 18);
  for (int block = 0; block < 3; ++block) {
    std::set<std::vector<int>> seen;
    for (std::size_t i = 0; i < 6; ++i) {
      const ConditionRun& visit = visits[6 * static_cast<std::size_t>(block) + i];
      CHECK(visit.block == block);
      seen.insert(visit.levels);
      std::vector<std::size_t> plans = visit.plans;
      std::sort(plans.begin(), plans.end());
      CHECK(plans == std::vector<std::size_t>{0, 1, 2, 3});
    }
    CHECK(seen.size() == 6);
  }
  const auto again = randomised_order(conditions, 4, 3, 7);
  const auto other = randomised_order(conditions, 4, 3, 8);
  const auto same = [&](const std::vector<ConditionRun>& all) {
    return std::equal(visits.begin(), visits.end(), all.begin(), [](const auto& a, const auto& b) {
      return a.levels == b.levels && a.plans == b.plans;
    });
  };
  CHECK(same(again));
  CHECK_FALSE(same(other));
}

TEST_CASE("A journal goes on where it ended, without what failed or a line that was torn") {
  const Scratch folder;
  const auto file = folder.path() / "journal.jsonl";
  const SweepIdentity options{{"MODEL", "lenet"}, {"--seed", "1"}};
  {
    Journal journal(file, options);
    journal.add(measurement(0, "01", "edge:0-5"));
    Measurement missing = measurement(0, "02", "edge:0-5");
    missing.samples.clear();
    missing.failure = "cloud: is away";
    journal.add(missing);
  }
  write_file_atomically(file, read_file(file) + R"({"block":0,"condi)");
  {
    Journal journal(file, options);
    REQUIRE(journal.measurements().size() == 1);
    CHECK(journal.measurements()[0].samples == std::vector<double>{0.125, 0.25, 0.1});
    CHECK(journal.has(0, "01", "edge:0-5"));
    CHECK_FALSE(journal.has(0, "02", "edge:0-5"));
    CHECK_FALSE(journal.has(1, "01", "edge:0-5"));
    journal.add(measurement(0, "02", "edge:0-5"));
  }
  CHECK(Journal(file, options).measurements().size() == 2);
}

TEST_CASE("A journal of other options is refused with what differs") {
  const Scratch folder;
  const auto file = folder.path() / "journal.jsonl";
  const SweepIdentity now{{"MODEL", "lenet"}, {"--seed", "2"}};
  {
    Journal journal(file, {{"MODEL", "lenet"}, {"--seed", "1"}, {"network", "50"}});
    journal.add(measurement(0, "01", "edge:0-5"));
  }
  CHECK_ERROR(Journal(file, now), ErrorCode::mismatch, "--seed ('1' there, '2' now)");
  CHECK_ERROR(Journal(file, now), ErrorCode::mismatch, "network ('50' there, not now)");
  write_file_atomically(file, read_file(file) + "{\"block\": \n");
  CHECK_ERROR(Journal(file, {{"MODEL", "lenet"}, {"--seed", "1"}, {"network", "50"}}),
              ErrorCode::damaged, ":3");
}

TEST_CASE("A journal without a measurement begins again with other options") {
  const Scratch folder;
  const auto file = folder.path() / "journal.jsonl";
  const SweepIdentity now{{"MODEL", "lenet"}, {"--seed", "2"}};
  {
    Journal journal(file, {{"MODEL", "lenet"}, {"--seed", "1"}});
    Measurement missing = measurement(0, "01", "edge:0-5");
    missing.samples.clear();
    missing.failure = "cloud: is away";
    journal.add(missing);
  }
  Journal(file, now).add(measurement(0, "01", "edge:0-5"));
  CHECK(Journal(file, now).measurements().size() == 1);
}

TEST_CASE("Blocks are pooled, and the notes say what is missing") {
  const auto factors = factors_of({"50", "25"}, {}, {});
  const auto plans = enumerate_routes(systems, {0, 5}, 10);
  Sweep grid = empty_sweep("lenet", factors, systems, plans);
  Measurement second = measurement(1, "1", "edge:0-5");
  second.samples = {0.5};
  second.system_seconds = {0.15, 0.06};
  Measurement missing = measurement(0, "1", "cloud-1:0-5");
  missing.samples.clear();
  missing.failure = "is away";
  const std::vector<Measurement> all{second, measurement(0, "1", "edge:0-5"), missing};
  add_measurements(grid, all);
  REQUIRE(grid.conditions.size() == 1);
  CHECK(grid.conditions[0].levels == std::vector<int>{1});
  CHECK(grid.conditions[0].times[0].samples == std::vector<double>{0.125, 0.25, 0.1, 0.5});
  CHECK(grid.conditions[0].times[0].system_seconds[0] == Approx(0.1));
  CHECK_FALSE(grid.conditions[0].times[1].is_measured());
  REQUIRE(grid.notes.size() == 1);
  CHECK(grid.notes[0].find("is away") != std::string::npos);
  CHECK(count_measurements(all).failed == 1);
  CHECK(count_measurements(all).measured == 2);
  validate_sweep(grid, "the grid");
}

TEST_CASE("A measurement ends when it is precise, and not before it can be") {
  int sent = 0;
  const auto send = [&] { return RequestSample{1.0 + 0.001 * (sent++ % 3), {0.5}}; };
  SweepPrecision precision;
  precision.warmup = 2;
  precision.count = 8;
  const Measurement steady = measure(send, precision, [] {});
  CHECK(steady.is_stable);
  CHECK(steady.samples.size() == 8);
  CHECK(sent == 10);
  CHECK(steady.tries == 1);
  CHECK(steady.system_seconds == std::vector<double>{0.5});
  CHECK_FALSE(is_precise({1, 1, 1, 1, 1}, 1));
  CHECK(is_precise({1, 1, 1, 1, 1, 1}, 0.01));
}

TEST_CASE("A measurement that stays imprecise is made again, and the narrowest is kept") {
  int sent = 0;
  // Each try is half as wide as the one before.
  const auto send = [&] {
    const double width = 1.0 / (1 << (sent / 10));
    return RequestSample{1 + width * (sent++ % 2), {}};
  };
  SweepPrecision precision;
  precision.warmup = 0;
  precision.max_count = 10;
  const Measurement wide = measure(send, precision, [] {});
  CHECK_FALSE(wide.is_stable);
  CHECK(wide.tries == 3);
  CHECK(sent == 30);
  CHECK(*std::max_element(wide.samples.begin(), wide.samples.end()) == Approx(1.25));
}

TEST_CASE("A measurement that fails is tried again, and then missing with the reason") {
  int calls = 0;
  SweepPrecision precision;
  precision.warmup = 1;
  const auto fails_once = [&]() -> RequestSample {
    if (++calls == 4) throw Error(ErrorCode::io, "is away", "cloud");
    return {1, {}};
  };
  const Measurement mended = measure(fails_once, precision, [] {});
  CHECK(mended.is_stable);
  CHECK(mended.tries == 2);
  CHECK(mended.failure.empty());
  const auto fails = []() -> RequestSample { throw Error(ErrorCode::io, "is away", "cloud"); };
  const Measurement missing = measure(fails, precision, [] {});
  CHECK(missing.samples.empty());
  CHECK(missing.tries == 3);
  CHECK(missing.failure == "cloud: is away");
}

TEST_CASE("Plans to measure are all, or a positive number of the best") {
  CHECK(parse_plan_choice("best:3") == 3);
  CHECK(parse_plan_choice("all") == 0);
  CHECK_ERROR(parse_plan_choice("best:0"), ErrorCode::invalid_argument, "");
  CHECK_ERROR(parse_plan_choice("some"), ErrorCode::invalid_argument, "");
}

TEST_CASE("The systems of a sweep are those that are named, or some of them in another order") {
  const std::vector<std::string> named{"edge", "cloud"};
  CHECK(select_systems(named, {}) == named);
  CHECK(select_systems(named, {"cloud", "edge"}) == std::vector<std::string>{"cloud", "edge"});
  CHECK_ERROR(select_systems(named, {"edge", "edge"}), ErrorCode::invalid_argument, "");
  CHECK_ERROR(select_systems(named, {"box"}), ErrorCode::invalid_argument, "");
}
