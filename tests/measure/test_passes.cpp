// Several passes as one profile: hand-computed figures, coverage, and going on from files.
#include <cmath>
#include <random>

#include "measure/estimates.hpp"
#include "measure/holds.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

/// A pass of a model of two blocks, as measure() leaves one.
ModelProfile pass_of(const std::vector<double>& whole, const std::vector<double>& first,
                     const std::vector<double>& second) {
  ModelProfile profile;
  profile.model = "net";
  profile.blocks.resize(2);
  profile.blocks[0].block = {0, 2, 64};
  profile.blocks[1].block = {3, 3, 8};
  profile.whole_samples = whole;
  profile.blocks[0].samples = first;
  profile.blocks[1].samples = second;
  profile.repetitions = static_cast<int>(whole.size());
  profile.passes = {profile.repetitions};
  summarise_samples(profile);
  return profile;
}

/// Without noise: every round takes as long.
ModelProfile steady_pass(int rounds, double whole, double first, double second) {
  const auto times = [&](double seconds) { return std::vector<double>(rounds, seconds); };
  return pass_of(times(whole), times(first), times(second));
}

/// What a file of samples keeps of a time.
double in_nanoseconds(double seconds) { return std::round(seconds * 1e9) / 1e9; }

/// A pass of which all is slower by `factor`, and each round and block by noise of its own.
ModelProfile noisy_pass(int rounds, double factor, std::mt19937& random) {
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> whole, first, second;
  for (int round = 0; round < rounds; ++round) {
    const auto time = [&](double seconds) {
      return in_nanoseconds(seconds * factor * std::exp(0.01 * normal(random)));
    };
    whole.push_back(time(10));
    first.push_back(time(4));
    second.push_back(time(6));
  }
  return pass_of(whole, first, second);
}

SystemProfile system_of(const ModelProfile& model) {
  SystemProfile system;
  system.platform = "edge";
  system.name = "box";
  system.models = {model};
  return system;
}

/// Written to a profile's two files and read back.
ModelProfile through_files(const ModelProfile& model) {
  SystemProfile read = parse_profile_json(format_profile_json(system_of(model)), "f.json");
  add_samples(read, format_samples_csv(system_of(model)), "f.csv");
  return read.models.at(0);
}

std::string text_of(const ModelProfile& model) {
  return format_profile_json(system_of(model)) + format_samples_csv(system_of(model));
}

bool mention(const std::vector<std::string>& warnings, const std::string& part) {
  return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
    return warning.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("two passes give their mean and an interval of what they differ by") {
  // s = 0.2 √2, so t s / √2 = 12.7062 · 0.2.
  const ModelProfile joint = join_passes(steady_pass(3, 10, 4, 6), steady_pass(5, 10.4, 4.4, 6));
  CHECK(joint.passes == std::vector<int>{3, 5});
  CHECK(joint.repetitions == 8);
  CHECK(joint.whole_seconds == Approx(10.2));
  CHECK(joint.whole_interval.low == Approx(10.2 - 12.7062 * 0.2));
  CHECK(joint.whole_interval.high == Approx(10.2 + 12.7062 * 0.2));
  CHECK(joint.pass_deviation == Approx(0.2 * std::sqrt(2) / 10.2));
  CHECK(steady_pass(3, 10, 4, 6).pass_deviation == 0);
  CHECK(joint.blocks[0].seconds == Approx(4.2));
  CHECK(joint.blocks[1].interval.low == Approx(6));
  CHECK(joint.blocks[1].interval.high == Approx(6));
  CHECK(joint.whole.count == 8);
  CHECK(joint.whole.median == Approx(10.4));
  CHECK(joint.whole_samples.size() == 8);
  CHECK(joint.blocks[1].samples.size() == 8);
}

TEST_CASE("three passes have two degrees of freedom and a ratio around that of the sums") {
  ModelProfile joint = join_passes(steady_pass(2, 10, 4, 6), steady_pass(2, 11, 4, 6));
  joint = join_passes(joint, steady_pass(2, 12, 4, 6));
  CHECK(joint.passes == std::vector<int>{2, 2, 2});
  CHECK(joint.whole_seconds == Approx(11));
  const double half = 4.302653 * 1 / std::sqrt(3.0);
  CHECK(joint.whole_interval.high == Approx(11 + half));
  // Ratios of 1, 10/11 and 10/12, whose mean is 0.9141; s is 0.08344.
  CHECK(joint.sum_ratio_interval.low ==
        Approx(10.0 / 11 - 4.302653 * 0.083438 / std::sqrt(3.0)).epsilon(1e-4));
  CHECK(joint.sum_ratio_interval.high ==
        Approx(10.0 / 11 + 4.302653 * 0.083438 / std::sqrt(3.0)).epsilon(1e-4));
}

TEST_CASE("passes that agree have the interval of the mean of independent figures") {
  const TimeEstimate one{10, {9.7, 10.6}};
  const TimeEstimate other{10, {9.6, 10.8}};
  const TimeEstimate joint = pooled_estimate({one, other});
  CHECK(joint.seconds == 10);
  CHECK(joint.interval.low == Approx(10 - 0.25));
  CHECK(joint.interval.high == Approx(10 + 0.5));
  CHECK(pooled_estimate({one}).interval.low == 9.7);
  CHECK(pooled_estimate({{1, {1, 1}}, {3, {3, 3}}}).interval.low == 0);
}

TEST_CASE("passes that are joined one by one or as a whole give the same") {
  std::mt19937 random(3);
  const ModelProfile a = noisy_pass(12, 1, random);
  const ModelProfile b = noisy_pass(10, 1.02, random);
  const ModelProfile c = noisy_pass(11, 0.97, random);
  const ModelProfile one_by_one = join_passes(join_passes(a, b), c);
  CHECK(text_of(join_passes(a, join_passes(b, c))) == text_of(one_by_one));
  CHECK(one_by_one.blocks_seconds() ==
        Approx((a.blocks_seconds() + b.blocks_seconds() + c.blocks_seconds()) / 3));
}

TEST_CASE("going on from files gives what an uninterrupted run does to the last bit") {
  std::mt19937 random(4);
  ModelProfile a = noisy_pass(12, 1, random);
  a.cold_seconds = 1.0 / 3;
  a.measuring_seconds = 1.0 / 7;
  a.warnings = {"3 of 12 rounds took far longer than the others"};
  ModelProfile b = noisy_pass(10, 1.1, random);
  b.measuring_seconds = 0.1;
  const ModelProfile c = noisy_pass(11, 0.97, random);
  const ModelProfile uninterrupted = join_passes(join_passes(a, b), c);
  const ModelProfile resumed = join_passes(through_files(join_passes(through_files(a), b)), c);
  CHECK(text_of(resumed) == text_of(uninterrupted));
  CHECK(resumed.passes == std::vector<int>{12, 10, 11});
}

TEST_CASE("what belongs to one process is the first's or the most or the sum") {
  ModelProfile a = steady_pass(3, 10, 4, 6);
  ModelProfile b = steady_pass(4, 10, 4, 6);
  a.warmup = 2;
  a.load_seconds = 1;
  a.cold_seconds = 20;
  a.measuring_seconds = 100;
  a.peak_rss_bytes = 1000;
  b.warmup = 3;
  b.load_seconds = 5;
  b.cold_seconds = 50;
  b.measuring_seconds = 200;
  b.peak_rss_bytes = 2000;
  const ModelProfile joint = join_passes(a, b);
  CHECK(joint.warmup == 5);
  CHECK(joint.load_seconds == 1);
  CHECK(joint.cold_seconds == 20);
  CHECK(joint.measuring_seconds == 300);
  CHECK(joint.peak_rss_bytes == 2000);
}

TEST_CASE("three passes cover a machine that changes from pass to pass where one does not") {
  std::mt19937 random(17);
  std::normal_distribution<double> normal(0, 1);
  constexpr int trials = 300;
  int three = 0;
  int three_of_block = 0;
  int one = 0;
  const auto pass = [&] { return noisy_pass(12, 1 + 0.03 * normal(random), random); };
  for (int trial = 0; trial < trials; ++trial) {
    const ModelProfile first = pass();
    const ModelProfile joint = join_passes(first, join_passes(pass(), pass()));
    one += testing::holds(first.whole_interval, 10);
    three += testing::holds(joint.whole_interval, 10);
    three_of_block += testing::holds(joint.blocks[0].interval, 4);
  }
  CHECK(one < 0.5 * trials);
  CHECK(three >= 0.9 * trials);
  CHECK(three_of_block >= 0.9 * trials);
}

TEST_CASE("passes of other models or blocks or without samples are not joined") {
  const ModelProfile pass = steady_pass(2, 10, 4, 6);
  ModelProfile other = pass;
  other.model = "other";
  CHECK_ERROR(join_passes(pass, other), ErrorCode::mismatch,
              "model net: a later pass measured another");
  other = pass;
  other.blocks[1].block.output_bytes = 9;
  CHECK_ERROR(join_passes(pass, other), ErrorCode::mismatch, "other blocks");
  other = pass;
  other.blocks[1].samples.pop_back();
  CHECK_ERROR(join_passes(other, pass), ErrorCode::mismatch, "lacks the samples");
  CHECK_ERROR(join_passes(pass, other), ErrorCode::mismatch, "measure it again");
}

TEST_CASE("samples fit a profile whose rounds and medians are theirs") {
  ModelProfile profile = steady_pass(4, 10, 4, 6);
  CHECK(has_samples_of_passes(profile));
  CHECK(has_samples_of_passes(through_files(profile)));
  CHECK(pass_count(profile) == 1);
  profile.passes.clear();  // as an older Scission writes it
  CHECK(has_samples_of_passes(profile));
  CHECK(pass_count(profile) == 1);
  CHECK(join_passes(profile, profile).passes == std::vector<int>{4, 4});
  ModelProfile of_another_run = profile;
  of_another_run.blocks[0].samples.assign(4, 4.001);
  CHECK_FALSE(has_samples_of_passes(of_another_run));
  profile.whole_samples.push_back(10);
  CHECK_FALSE(has_samples_of_passes(profile));
  CHECK_FALSE(has_samples_of_passes(ModelProfile()));
}

TEST_CASE("passes that differ significantly cause a warning with the difference") {
  const ModelProfile fast = steady_pass(9, 10, 4, 6);
  const ModelProfile joint = join_passes(fast, steady_pass(9, 11, 4.4, 6.6));
  REQUIRE(joint.warnings.size() == 1);
  CHECK(mention(joint.warnings, "the passes differ by 10 %"));
  const ModelProfile three = join_passes(joint, steady_pass(9, 12, 4.8, 7.2));
  REQUIRE(three.warnings.size() == 1);
  CHECK(mention(three.warnings, "the passes differ by 20 %"));
  CHECK(join_passes(fast, steady_pass(9, 10.4, 4.16, 6.24)).warnings.empty());
}

TEST_CASE("passes too short to be compared miss the precision where the joint interval does") {
  const ModelProfile fast = steady_pass(10, 10, 4, 6);
  CHECK(mention(join_passes(fast, steady_pass(3, 20, 8, 12)).warnings,
                "the precision of 2 % (±1 %) was not reached: ±"));
  CHECK(join_passes(fast, steady_pass(3, 10, 4, 6)).warnings.empty());
  const ModelProfile fine = steady_pass(3, 10.001, 4, 6);
  CHECK(
      mention(join_passes(fast, fine, 1e-9).warnings, "(±5e-08 %) was not reached: under ±0.1 %"));
}

TEST_CASE("passes whose intervals overlap cause no warning") {
  const std::vector<double> wide{8, 12, 9, 11, 10, 8, 12, 9, 11, 10};
  std::vector<double> wider(wide);
  for (double& seconds : wider) seconds *= 1.06;
  const auto halves = [](std::vector<double> times) {
    for (double& seconds : times) seconds /= 2;
    return times;
  };
  const ModelProfile one = pass_of(wide, halves(wide), halves(wide));
  const ModelProfile other = pass_of(wider, halves(wider), halves(wider));
  CHECK(join_passes(one, other).warnings.empty());
}

TEST_CASE("each kind of warning appears once, and those about the times are recomputed") {
  ModelProfile a = steady_pass(10, 10, 4, 6);
  ModelProfile b = a;
  a.warnings = {"the precision of 3.5 % was not reached: …", "3 of 10 rounds took far longer"};
  b.warnings = {"the blocks add up to +9.0 % of the whole model", "5 of 12 rounds took far longer",
                "the rounds got 7.0 % slower"};
  CHECK(join_passes(a, b).warnings ==
        std::vector<std::string>{"3 of 10 rounds took far longer", "the rounds got 7.0 % slower"});
  const ModelProfile off = steady_pass(10, 10, 5, 6);
  CHECK(mention(join_passes(off, off).warnings, "+10.0 %"));
}

TEST_CASE("a precision that the passes together reach is not missed") {
  const std::vector<double> rough{10, 10.5, 10, 9.5, 10, 10.4, 9.6, 10.5, 9.5};
  const std::vector<double> half{5, 5.25, 5, 4.75, 5, 5.2, 4.8, 5.25, 4.75};
  ModelProfile pass = pass_of(rough, half, half);
  CHECK(join_passes(pass, pass, 0.01).warnings.empty());
  pass.warnings = {"the precision of 1.4 % was not reached: …"};
  CHECK(join_passes(pass, pass, 0.5).warnings.empty());
  CHECK(mention(join_passes(pass, pass, 0.01).warnings,
                "the precision of 1 % (±0.5 %) was not reached"));
}

TEST_CASE("the passes of a profile are written and read") {
  ModelProfile model = steady_pass(3, 10, 4, 6);
  model.passes = {1, 2};
  CHECK(through_files(model).passes == std::vector<int>{1, 2});
  CHECK(format_profile_json(system_of(model)).find("\"passes\": [") != std::string::npos);
  model.passes.clear();
  CHECK(format_profile_json(system_of(model)).find("passes") == std::string::npos);
  CHECK(through_files(model).passes.empty());
  for (const std::vector<int>& wrong : {std::vector<int>{1, 1}, {3, 0}, {4, -1}}) {
    model.passes = wrong;
    CHECK_ERROR(validate(model, "f.json"), ErrorCode::damaged, "f.json: model net: its passes");
  }
}
