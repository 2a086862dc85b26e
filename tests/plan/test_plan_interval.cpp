// How far intervals of blocks determine the latencies of plans.
#include "scission/plan/plan.hpp"

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace scission;

namespace {

// A device and a cloud with a link both ways, blocks of 1, 2 and 3 s and of 0.1, 0.2 and 0.3 s,
// each known to ±10 %.
PartitionProblem problem_with(double correlation) {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 200'000}, {2, 4, 100'000}, {5, 5, 4'000}};
  problem.block_s = {{1, 2, 3}, {0.1, 0.2, 0.3}};
  problem.links = {std::nullopt, Link{100, 1.6}, Link{100, 1.6}, std::nullopt};
  problem.uncertainty = {{{0.1, 0.1, 0.1}, correlation}, {{0.1, 0.1, 0.1}, correlation}};
  return problem;
}

const Plan on_device{0, {{0, 0, 2}}};
const Plan divided{0, {{0, 0, 1}, {1, 2, 2}}};

double half_width(const std::optional<Interval>& interval) {
  return (interval->high - interval->low) / 2;
}

// A profile of one model with these half-widths around blocks of 1 s.
ModelProfile model_of(const std::vector<double>& half_widths) {
  ModelProfile model;
  model.model = "net";
  model.repetitions = 20;
  for (std::size_t i = 0; i < half_widths.size(); ++i) {
    BlockTiming timing;
    timing.block = {static_cast<int>(i), static_cast<int>(i), 1000};
    timing.seconds = 1;
    timing.interval = {1 - half_widths[i], 1 + half_widths[i]};
    model.blocks.push_back(timing);
  }
  model.whole_seconds = static_cast<double>(half_widths.size());
  return model;
}

/// Two blocks of a second on a machine that took these factors of it in the passes.
ModelProfile model_after_passes(const std::vector<double>& factors) {
  const auto count = static_cast<double>(factors.size());
  const double mean = std::accumulate(factors.begin(), factors.end(), 0.0) / count;
  double squares = 0;
  for (const double factor : factors) squares += (factor - mean) * (factor - mean);
  const double deviation = std::sqrt(squares / (count - 1));
  constexpr double student = 2.7764;  // of 4 degrees of freedom
  const double half = student * deviation / std::sqrt(count);
  ModelProfile model = model_of({half, half});
  for (BlockTiming& timing : model.blocks) {
    timing.seconds = mean;
    timing.interval = {mean - half, mean + half};
  }
  model.whole_seconds = 2 * mean;
  model.passes.assign(factors.size(), 4);
  model.pass_deviation = deviation / mean;
  return model;
}

PartitionProblem problem_of(const ModelProfile& model) {
  SystemProfile system;
  system.platform = "device";
  system.name = std::string("pi");  // GCC 12 takes the array for uninitialised memory
  system.models = {model};
  return make_problem({system}, Network(), "net");
}

}  // namespace

TEST_CASE("errors of one system's blocks add up as they are correlated") {
  CHECK(half_width(latency_interval(problem_with(1), on_device, 0)) == Approx(0.6));
  CHECK(half_width(latency_interval(problem_with(0), on_device, 0)) ==
        Approx(std::sqrt(0.01 + 0.04 + 0.09)));
}

TEST_CASE("errors of different systems are independent and links are exact") {
  const auto interval = latency_interval(problem_with(1), divided, 0);
  CHECK(half_width(interval) == Approx(std::hypot(0.3, 0.03)));
  CHECK((interval->low + interval->high) / 2 == Approx(3 + 0.3 + 0.1 + 100'000 / 200'000.0));
}

TEST_CASE("a single run varies by what its systems do, which no difference of plans contains") {
  PartitionProblem problem = problem_with(1);
  problem.uncertainty[0].run = 0.5;
  problem.uncertainty[1].run = 0.2;
  problem.setup_s = {{1, 0, 0}, {0, 0, 0.5}};
  const auto interval = latency_interval(problem, divided, 0);
  const double of_runs = std::hypot(0.5 * (1 + 3), 0.2 * (0.5 + 0.3));
  CHECK(half_width(interval) == Approx(std::hypot(std::hypot(0.3, 0.03), of_runs)));
  const auto difference = latency_difference_interval(problem, on_device, divided, 0);
  CHECK(half_width(difference) == Approx(std::hypot(0.3, 0.03)));
}

TEST_CASE("setup times are as uncertain as they were measured, once for each stage") {
  PartitionProblem problem = problem_with(1);
  problem.setup_s = {{1, 0, 0}, {0, 0, 0.5}};
  problem.uncertainty[0].setup = {0.4, 9, 9};
  problem.uncertainty[1].setup = {9, 9, 2};
  const double of_blocks = std::hypot(0.3, 0.03);
  const double of_setups = std::hypot(0.4 * 1, 2 * 0.3);
  CHECK(half_width(latency_interval(problem, divided, 0)) ==
        Approx(std::hypot(of_blocks, of_setups)));
  // Both begin on the device with the same block.
  CHECK(half_width(latency_difference_interval(problem, on_device, divided, 0)) ==
        Approx(std::hypot(of_blocks, 2 * 0.3)));
}

TEST_CASE("the passes of a profile tell what a run varies by, and setup intervals their error") {
  ModelProfile model = model_of({0.1, 0.1});
  model.blocks[1].setup_seconds = 0.5;
  model.blocks[1].setup_interval = {0.25, 0.75};
  CHECK(problem_of(model).uncertainty[0].run == 0);
  model.passes = {4, 4, 4, 4, 4};
  model.pass_deviation = 0.1;
  const TimeUncertainty uncertainty = problem_of(model).uncertainty[0];
  CHECK(uncertainty.run == Approx(2.7764 * 0.1 * std::sqrt(1.2)).epsilon(1e-3));  // t of 4 degrees
  CHECK(uncertainty.setup == std::vector<double>{0, 0.25});
}

TEST_CASE("of simulated machines that vary by 5 %, 95 % of the runs lie in the plan's interval") {
  constexpr int machines = 2000;
  std::mt19937 random(1);
  std::normal_distribution<double> speed(1, 0.05);
  int inside = 0;
  int inside_of_mean = 0;
  for (int machine = 0; machine < machines; ++machine) {
    ModelProfile model = model_after_passes(
        {speed(random), speed(random), speed(random), speed(random), speed(random)});
    const double run_s = 2 * speed(random);
    const auto is_inside = [&] {
      const Interval interval = *latency_interval(problem_of(model), {0, {{0, 0, 1}}}, 0);
      return interval.low <= run_s && run_s <= interval.high;
    };
    if (is_inside()) ++inside;
    model.pass_deviation = 0;
    if (is_inside()) ++inside_of_mean;
  }
  CHECK(inside >= 0.95 * machines);
  CHECK(inside <= 0.99 * machines);
  CHECK(inside_of_mean < 0.85 * machines);  // without what single runs vary by
}

TEST_CASE("what two plans have in common cancels out of their difference") {
  const auto interval = latency_difference_interval(problem_with(1), on_device, divided, 0);
  CHECK(half_width(interval) == Approx(std::hypot(0.3, 0.03)));
  CHECK((interval->low + interval->high) / 2 == Approx(0.3 + 0.6 - 3));
  const auto same = latency_difference_interval(problem_with(1), divided, divided, 0);
  CHECK(same->low == 0);
  CHECK(same->high == 0);
}

TEST_CASE("a plan has no interval where a system that it uses has none") {
  PartitionProblem problem = problem_with(1);
  problem.uncertainty[1] = {};
  CHECK_FALSE(latency_interval(problem, divided, 0));
  CHECK(latency_interval(problem, on_device, 0));
  CHECK_FALSE(latency_difference_interval(problem, on_device, divided, 0));
}

TEST_CASE("the whole model's interval tells how the errors of its blocks are correlated") {
  ModelProfile model = model_of({0.1, 0.1, 0.1, 0.1});
  CHECK(problem_of(model).uncertainty[0].correlation == 1);  // nothing known: the safe side
  model.whole_interval = {4 - 0.4, 4 + 0.4};
  CHECK(problem_of(model).uncertainty[0].correlation == Approx(1));
  model.whole_interval = {4 - 0.2, 4 + 0.2};
  CHECK(problem_of(model).uncertainty[0].correlation == Approx(0).margin(1e-9));
  const PartitionProblem problem = problem_of(model);
  CHECK(half_width(latency_interval(problem, Plan{0, {{0, 0, 3}}}, 0)) == Approx(0.2));
}

TEST_CASE("a plan on one system is as certain as the whole model's time, where that was measured") {
  ModelProfile model = model_of({0.1, 0.1, 0.1, 0.1});
  for (int round = 0; round < 64; ++round) {  // correlated: the blocks alone give ±0.4 s
    for (BlockTiming& timing : model.blocks)
      timing.samples.push_back(1 + 0.1 * std::sin(round / 5.0));
  }
  const Plan alone{0, {{0, 0, 3}}};
  CHECK(half_width(latency_interval(problem_of(model), alone, 0)) == Approx(0.4));
  model.whole_seconds = 5;  // another time than the blocks' sum: the interval is relative
  model.whole_interval = {5 - 0.1, 5 + 0.1};
  const PartitionProblem problem = problem_of(model);
  CHECK(half_width(latency_interval(problem, alone, 0)) == Approx(4 * 0.1 / 5));
  CHECK(half_width(latency_interval(problem_with(1), on_device, 0)) == Approx(0.6));
}

TEST_CASE(
    "two plans that run the whole model on one system each differ as certainly as its times") {
  PartitionProblem problem = problem_with(1);
  problem.uncertainty[0].relative.push_back(0.01);
  problem.uncertainty[1].relative.push_back(0.05);
  const Plan in_cloud{0, {{1, 0, 2}}};
  const auto difference = latency_difference_interval(problem, on_device, in_cloud, 0);
  CHECK(half_width(difference) == Approx(std::hypot(0.01 * 6, 0.05 * 0.6)));
  // A split leaves some blocks to each, of which only their own intervals are known.
  CHECK(half_width(latency_interval(problem, divided, 0)) == Approx(std::hypot(0.3, 0.03)));
  // On the device alone less the split: blocks 1 and 2 of the device, which are not the whole.
  CHECK(half_width(latency_difference_interval(problem, on_device, divided, 0)) ==
        Approx(std::hypot(0.3, 0.03)));
}

TEST_CASE("samples tell how the errors of blocks are correlated, where there are some") {
  ModelProfile model = model_of({0.1, 0.1});
  model.whole_interval = {1, 3};
  for (int round = 0; round < 64; ++round) {
    const double wave = std::sin(round / 5.0);
    model.blocks[0].samples.push_back(1 + 0.1 * wave);
    model.blocks[1].samples.push_back(1 + 0.1 * wave);
  }
  CHECK(problem_of(model).uncertainty[0].correlation == Approx(1));
  for (double& sample : model.blocks[1].samples) sample = 2 - sample;
  CHECK(problem_of(model).uncertainty[0].correlation == 0);
}

TEST_CASE("neither missing intervals nor fewer than six rounds count as precise") {
  ModelProfile model = model_of({0.1, 0.1});
  model.repetitions = 5;
  CHECK(problem_of(model).uncertainty[0].relative.empty());
  model.repetitions = 20;
  CHECK(problem_of(model).uncertainty[0].relative.size() == 2);
  model.blocks[1].interval = {};
  CHECK(problem_of(model).uncertainty[0].relative.empty());
}
