#include <cmath>
#include <random>
#include <vector>

#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

constexpr int rounds = 40;

std::vector<double> noisy(std::mt19937& random, double seconds) {
  std::lognormal_distribution<double> noise(0, 0.02);
  std::vector<double> samples(rounds);
  for (double& sample : samples) sample = seconds * noise(random);
  return samples;
}

BlockTiming block_of(int layer, double seconds, std::vector<double> samples) {
  BlockTiming timing;
  timing.block = {layer, layer, 1000};
  timing.seconds = seconds;
  timing.interval = {0.99 * seconds, 1.01 * seconds};
  timing.samples = std::move(samples);
  return timing;
}

// A block a layer, with samples.
ModelProfile measured(std::mt19937& random, const std::vector<double>& seconds,
                      const std::string& name = "net") {
  ModelProfile model;
  model.model = name;
  double all = 0;
  for (int layer = 0; layer < static_cast<int>(seconds.size()); ++layer) {
    model.blocks.push_back(block_of(layer, seconds[layer], noisy(random, seconds[layer])));
    all += seconds[layer];
  }
  model.whole_seconds = all;
  model.whole_interval = {0.99 * all, 1.01 * all};
  model.whole_samples = noisy(random, all);
  return model;
}

SystemProfile pc_with(std::vector<ModelProfile> models) {
  SystemProfile system;
  system.platform = "device";
  system.name = "pc";
  system.models = std::move(models);
  return system;
}

void drop_samples(SystemProfile& system) {
  for (ModelProfile& model : system.models) {
    model.whole_samples.clear();
    for (BlockTiming& block : model.blocks) block.samples.clear();
  }
}

void drop_intervals(SystemProfile& system) {
  for (ModelProfile& model : system.models) {
    model.whole_interval = {};
    for (BlockTiming& block : model.blocks) block.interval = {};
  }
}

bool any_holds(const std::vector<std::string>& texts, const std::string& part) {
  for (const std::string& text : texts) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a block that takes a tenth more is slower while the others are not") {
  std::mt19937 random(1);
  const SystemProfile before = pc_with({measured(random, {1, 2, 3, 4})});
  const SystemProfile after = pc_with({measured(random, {1, 2, 3.3, 4})});
  const ModelComparison model = compare_profiles(before, after).models.at(0);
  CHECK(model.blocks[2].time.change == Change::slower);
  CHECK(model.blocks[2].time.evidence == Evidence::samples);
  CHECK(model.blocks[2].time.ratio == Approx(1.1).epsilon(0.02));
  CHECK(model.blocks[2].time.ratio_interval.low > 1.05);
  CHECK(model.blocks[2].time.ratio_interval.high < 1.15);
  CHECK(model.count(Change::unchanged) == 3);
  CHECK(model.is_slower());
  const ModelComparison back = compare_profiles(after, before).models.at(0);
  CHECK(back.blocks[2].time.change == Change::faster);
  CHECK_FALSE(back.is_slower());
}

TEST_CASE("a change that is certain but small does not count unless it is asked for") {
  std::mt19937 random(2);
  const SystemProfile before = pc_with({measured(random, {1, 1})});
  SystemProfile after = before;
  for (double& sample : after.models[0].blocks[1].samples) sample *= 1.015;
  for (double& sample : after.models[0].blocks[0].samples) sample *= 1.015;
  after.models[0].blocks[0].samples.resize(rounds / 2);
  CHECK_FALSE(compare_profiles(before, after).is_slower());
  ComparisonOptions options;
  options.min_change = 0.01;
  const ModelComparison model = compare_profiles(before, after, options).models.at(0);
  CHECK(model.blocks[1].time.change == Change::slower);
}

TEST_CASE("a profile compared with itself has not changed for any smallest change") {
  std::mt19937 random(3);
  SystemProfile system = pc_with({measured(random, {1, 2})});
  ComparisonOptions options;
  options.min_change = 0;
  options.false_discovery_rate = 0.99;
  const ModelComparison model = compare_profiles(system, system, options).models.at(0);
  CHECK(model.count(Change::unchanged) == 2);
  CHECK(model.whole.change == Change::unchanged);
  drop_samples(system);
  CHECK(compare_profiles(system, system, options).models[0].count(Change::unchanged) == 2);
}

TEST_CASE(
    "without samples the intervals are tested and without intervals only the ratio is known") {
  std::mt19937 random(4);
  SystemProfile before = pc_with({measured(random, {1, 2})});
  SystemProfile after = pc_with({measured(random, {1, 2.2})});
  drop_samples(after);
  const TimeComparison by_interval = compare_profiles(before, after).models[0].blocks[1].time;
  CHECK(by_interval.evidence == Evidence::intervals);
  CHECK(by_interval.change == Change::slower);
  CHECK(by_interval.ratio == Approx(1.1));
  drop_samples(before);
  drop_intervals(before);
  const ProfileComparison bare = compare_profiles(before, after);
  const TimeComparison by_nothing = bare.models[0].blocks[1].time;
  CHECK(by_nothing.evidence == Evidence::none);
  CHECK(by_nothing.change == Change::unknown);
  CHECK(by_nothing.ratio == Approx(1.1));
  CHECK(by_nothing.ratio_interval.high == 0);
  CHECK_FALSE(bare.is_slower());
}

TEST_CASE("an interval of the median stands in for one of the seconds") {
  std::mt19937 random(5);
  SystemProfile before = pc_with({measured(random, {1})});
  drop_samples(before);
  before.models[0].blocks[0].summary.interval = {0.9, 1.1};
  before.models[0].blocks[0].interval = {};
  const TimeComparison time = compare_profiles(before, before).models[0].blocks[0].time;
  CHECK(time.evidence == Evidence::intervals);
  CHECK(time.ratio_interval.high == Approx(std::exp(0.1 * std::sqrt(2.0))));
}

TEST_CASE("an interval without width is no evidence") {
  std::mt19937 random(6);
  SystemProfile before = pc_with({measured(random, {1})});
  drop_samples(before);
  before.models[0].blocks[0].interval = {1, 1};
  SystemProfile after = before;
  after.models[0].blocks[0].seconds = 2;
  CHECK(compare_profiles(before, after).models[0].blocks[0].time.evidence == Evidence::none);
}

TEST_CASE("a time of nothing has no ratio") {
  std::mt19937 random(7);
  SystemProfile before = pc_with({measured(random, {1})});
  drop_samples(before);
  drop_intervals(before);
  before.models[0].blocks[0].seconds = 0;
  const TimeComparison time = compare_profiles(before, before).models[0].blocks[0].time;
  CHECK(std::isnan(time.ratio));
  CHECK(time.change == Change::unknown);
}

TEST_CASE("finer and coarser blocks are compared on the boundaries that both have") {
  std::mt19937 random(8);
  const SystemProfile before = pc_with({measured(random, {1, 2, 3, 4})});
  SystemProfile after = before;
  std::vector<BlockTiming>& blocks = after.models[0].blocks;
  blocks[1].block.last_layer = 2;
  blocks[1].seconds = 5.5;
  for (std::size_t round = 0; round < rounds; ++round) {
    blocks[1].samples[round] = 1.1 * (blocks[1].samples[round] + blocks[2].samples[round]);
  }
  blocks.erase(blocks.begin() + 2);
  const ModelComparison model = compare_profiles(before, after).models.at(0);
  REQUIRE(model.blocks.size() == 3);
  CHECK(model.blocks[1].block == Block{1, 2, 1000});
  CHECK(model.blocks[1].time.before_s == 5);
  CHECK(model.blocks[1].time.evidence == Evidence::samples);
  CHECK(model.blocks[1].time.ratio == Approx(1.1).epsilon(0.01));
  CHECK(model.blocks[1].time.change == Change::slower);
  CHECK(model.count(Change::unchanged) == 2);
}

TEST_CASE("merged blocks without samples have the sum of their intervals") {
  std::mt19937 random(9);
  SystemProfile before = pc_with({measured(random, {1, 3})});
  drop_samples(before);
  const TimeComparison sum = compare_profiles(before, before).models[0].sum;
  CHECK(sum.before_s == 4);
  CHECK(sum.evidence == Evidence::intervals);
  CHECK(sum.ratio_interval.high == Approx(std::exp(0.01 * std::sqrt(2.0))));
}

TEST_CASE("of many blocks that did not change hardly ever is one called slower") {
  std::mt19937 random(10);
  ComparisonOptions options;
  options.min_change = 0;
  int alarms = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const std::vector<double> seconds(60, 1.0);
    const ModelComparison model = compare_profiles(pc_with({measured(random, seconds)}),
                                                   pc_with({measured(random, seconds)}), options)
                                      .models[0];
    alarms += model.count(Change::unchanged) < 60;
  }
  CHECK(alarms <= 12);  // 5 on average; one block in twenty would make 95
}

TEST_CASE("only the chosen models are compared and judged") {
  std::mt19937 random(11);
  const SystemProfile before =
      pc_with({measured(random, {1, 2}, "a"), measured(random, {1, 2}, "b")});
  const SystemProfile after =
      pc_with({measured(random, {1, 2.4}, "b"), measured(random, {1, 2}, "a"),
               measured(random, {5}, "new")});
  const ProfileComparison all = compare_profiles(before, after);
  REQUIRE(all.models.size() == 2);
  CHECK(all.models[0].model == "a");
  CHECK(all.models[1].is_slower());
  CHECK(any_holds(all.notes, "new: measured only after"));
  ComparisonOptions options;
  options.models = {"a"};
  const ProfileComparison one = compare_profiles(before, after, options);
  REQUIRE(one.models.size() == 1);
  CHECK(one.notes.empty());
  options.models = {"new"};
  CHECK_ERROR(compare_profiles(before, after, options), ErrorCode::invalid_argument,
              "model 'new' is not in the profile before; it holds a, b");
}

TEST_CASE("what differs between the hosts is noted") {
  std::mt19937 random(12);
  SystemProfile before = pc_with({measured(random, {1, 2})});
  before.models[0].input_shape = {1, 3, 8, 8};
  before.host.cpu = "A";
  before.host.threads = 2;
  before.host.date = "2024-01-01T00:00:00Z";
  before.host.backend = "LibTorch";
  before.host.backend_version = "1.13.1";
  SystemProfile after = before;
  after.host.date = "2025-01-01T00:00:00Z";
  CHECK(compare_profiles(before, after).notes.empty());
  after.host.cpu = "B";
  after.host.threads = 4;
  after.host.is_optimized = true;
  after.host.backend_version = "2.6.0";
  after.models[0].input_shape[0] = 4;
  after.models[0].warnings = {"The clock drifted."};
  CHECK(compare_profiles(before, after).notes ==
        std::vector<std::string>{"processor: A before, B after", "threads: 2 before, 4 after",
                                 "backend: LibTorch 1.13.1 before, LibTorch 2.6.0 after",
                                 "optimised for inference: no before, yes after",
                                 "net, input: 1×3×8×8 before, 4×3×8×8 after",
                                 "net, after: The clock drifted."});
}

TEST_CASE("profiles of other models and options out of range are refused") {
  std::mt19937 random(13);
  const SystemProfile net = pc_with({measured(random, {1, 2})});
  const SystemProfile longer = pc_with({measured(random, {1, 2, 3})});
  const SystemProfile other = pc_with({measured(random, {1, 2}, "other")});
  CHECK_ERROR(compare_profiles(net, longer), ErrorCode::mismatch,
              "device-pc (before) and device-pc (after) hold different models");
  CHECK_ERROR(compare_profiles(net, other), ErrorCode::mismatch, "no model in common");
  for (const double rate : {0.0, 1.0, -1.0, std::nan("")}) {
    CHECK_ERROR(compare_profiles(net, net, {rate}), ErrorCode::invalid_argument, "between 0 and");
  }
  CHECK_ERROR(compare_profiles(net, net, {0.05, -0.1}), ErrorCode::invalid_argument, "0 or more");
}
