// The warnings of a benchmark by kind, and its verdict.
#include "measure/estimates.hpp"
#include "scission/measure.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

const std::string imprecise = "the precision of 2.0 % was not reached: 3.0 % for the whole model";
const std::string drifting =
    "the rounds got 9.0 % slower from the first third to the last: heat or a falling clock";

ModelProfile model_called(const std::string& name, double half_width,
                          std::vector<std::string> warnings = {}) {
  ModelProfile model;
  model.model = name;
  model.repetitions = 20;
  model.whole_seconds = 1;
  model.whole_interval = {1 - half_width, 1 + half_width};
  model.warnings = std::move(warnings);
  return model;
}

}  // namespace

TEST_CASE("warnings of one kind become one group") {
  const SystemProfile system{"edge",
                             "box",
                             {},
                             {model_called("a", 0.01), model_called("b", 0.02, {imprecise}),
                              model_called("c", 0.03, {imprecise})}};
  const MeasurementAssessment assessment = assess_measurement(system);
  CHECK(assessment.fine == std::vector<std::string>{"a"});
  REQUIRE(assessment.warnings.size() == 1);
  CHECK(assessment.warnings[0].kind == WarningKind::imprecise);
  CHECK(assessment.warnings[0].models == std::vector<std::string>{"b", "c"});
  CHECK(assessment.warnings[0].example == imprecise);
  CHECK(assessment.is_usable);
  CHECK(assessment.text == "usable; imprecise (b, c)");
}

TEST_CASE("a benchmark is to be repeated where the machine was not steady or intervals are wide") {
  SystemProfile system{"edge", "box", {}, {model_called("a", 0.01, {drifting})}};
  CHECK_FALSE(assess_measurement(system).is_usable);
  CHECK(assess_measurement(system).text == "measure again: drifting (a)");
  system.models = {model_called("a", 0.06, {imprecise})};
  CHECK(assess_measurement(system).text ==
        "measure again: 95 % intervals wider than ±5 %, or unknown (a)");
  system.models = {model_called("a", 0.01)};
  system.models[0].repetitions = 3;
  CHECK_FALSE(assess_measurement(system).is_usable);
}

TEST_CASE("models that were not asked for are not judged") {
  const SystemProfile system{
      "edge", "box", {}, {model_called("old", 0.2, {drifting}), model_called("new", 0.01)}};
  CHECK(assess_measurement(system, {"new"}).text == "usable");
}

TEST_CASE("every warning of a measurement has a kind") {
  ModelProfile profile = model_called("net", 0.01);
  profile.sum_ratio_interval = {1.08, 1.12};
  BlockTiming block;
  block.seconds = 1.1;
  profile.blocks = {block};
  Samples samples;
  for (int round = 0; round < 60; ++round) {
    samples.whole.push_back(round < 8 ? 90.0 : 1.0 + 0.02 * round);
  }
  samples.blocks = {samples.whole};
  ClockProperties clock;
  clock.resolution_s = 1;
  const auto found = find_warnings(samples, profile, 0.5, MeasureOptions(), clock);
  CHECK(found.size() >= 3);
  for (const std::string& warning : found) {
    CAPTURE(warning);
    CHECK(warning_kind_of(warning) != WarningKind::other);
  }
}
