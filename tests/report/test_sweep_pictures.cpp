// Pictures of an analysis of adaptivity: the scripts, drawn.
#include "base/file.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/sweeps.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

Sweep small_grid() {
  return full_sweep({2, 2, 2}, 3, [](const std::vector<int>& levels, int plan) {
    return 1 + plan * (levels[0] == 1 ? -0.3 : 0.3) + 0.1 * levels[1];
  });
}

std::string script_of(const Scratch& scratch, const std::string& stem) {
  return read_file(scratch.path() / (stem + ".gp"));
}

}  // namespace

TEST_CASE("pictures of adaptivity are drawn with their scripts") {
  const Sweep grid = small_grid();
  const AdaptivityAnalysis analysis = analyse_adaptivity(grid);
  const Scratch scratch;
  draw_best_plans(grid, analysis, {{0}, {1}}, scratch.path(), "best");
  draw_regret(grid, analysis, 0.05, scratch.path(), "regret");
  draw_effects(grid, analysis, scratch.path(), "effects");
  for (const char* stem : {"best", "regret", "effects"}) {
    CHECK(std::filesystem::file_size(scratch.path() / (std::string(stem) + ".png")) > 1000);
    CHECK(contains(read_file(scratch.path() / (std::string(stem) + ".svg")), "</svg>"));
  }
  const std::string best = script_of(scratch, "best");
  CHECK(contains(best, "gains over p0, the baseline's\\nmeans over all levels of c"));
  CHECK(contains(best, "1 0 16639781 0 \"p2\\ngain 60 %\""));
  CHECK(contains(script_of(scratch, "regret"), "$conditions << END\n1 60 "));
  CHECK(contains(script_of(scratch, "effects"), "'a'"));
}

TEST_CASE("what loses more than the axis shows is marked at its lower edge") {
  const Sweep grid = small_grid();
  AdaptivityAnalysis analysis = analyse_adaptivity(grid);
  const Scratch scratch;
  draw_regret(grid, analysis, 0.05, scratch.path(), "within");
  CHECK_FALSE(contains(script_of(scratch, "within"), "below -50 %"));
  analysis.predicted_gain = Estimate{};
  for (ConditionResult& condition : analysis.conditions) {
    condition.predicted_plan = 1;
    condition.predicted_gain = condition.gain > 0.5 ? 0.5 : -2;
  }
  draw_regret(grid, analysis, 0.05, scratch.path(), "below");
  const std::string script = script_of(scratch, "below");
  CHECK(contains(script, " -200 '"));
  CHECK(contains(script, "($6 < -50 ? -50 : NaN)"));
  CHECK(contains(script, "'the same, below -50 %'"));
}

TEST_CASE("long labels of plans stand in a legend and missing conditions are marked") {
  Sweep grid = small_grid();
  grid.plans[2].label = "device:0-4|edge:5-90";
  grid.conditions.pop_back();
  const Scratch scratch;
  draw_best_plans(grid, analyse_adaptivity(grid), {{0, 1}, {2}}, scratch.path(), "map");
  const std::string script = script_of(scratch, "map");
  CHECK(contains(script, "'2: device:0-4|edge:5-90'"));
  CHECK(contains(script, "$gaps << END\n3 1\nEND"));
}

TEST_CASE("maps of factors that are not there are refused") {
  const Sweep grid = small_grid();
  const AdaptivityAnalysis analysis = analyse_adaptivity(grid);
  const Scratch scratch;
  CHECK_ERROR(draw_best_plans(grid, analysis, {{3}, {1}}, scratch.path(), "x"),
              ErrorCode::invalid_argument, "no factor 3");
  CHECK_ERROR(draw_best_plans(grid, analysis, {{1}, {1}}, scratch.path(), "x"),
              ErrorCode::invalid_argument, "named twice");
}
