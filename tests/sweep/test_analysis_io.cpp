// The analysis of sweeps as JSON and CSV.
#include "scission/sweep.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/sweeps.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Plan 1 is the best where the first factor is at its second level.
AnalysedSweep analysed() {
  AnalysedSweep sweep;
  sweep.path = "measured";
  sweep.reading.sweep = full_sweep({2, 2}, 2, [](const auto& levels, int plan) {
    return plan == 0 ? 0.1 * (1 + 2 * levels[0]) : 0.15;
  });
  sweep.reading.expected = 4;
  sweep.analysis = analyse_adaptivity(sweep.reading.sweep);
  sweep.plan_sets = {minimal_plan_set(sweep.reading.sweep, 0.1)};
  return sweep;
}

long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("An analysis is written as one object for several sweeps") {
  const AnalysedSweep sweep = analysed();
  const std::string json = format_analysis_json({sweep, sweep}, {});
  CHECK(json.starts_with("{\n  \"format\": \"scission-adaptivity\""));
  CHECK(json.find("\"expected\": 4") != std::string::npos);
  CHECK(json.find("\"worthwhile\": 2") != std::string::npos);
  CHECK(json.find("\"comparison\"") == std::string::npos);
  AnalysedSweep compared = sweep;
  compared.comparison = compare_sweeps(sweep.reading.sweep, sweep.reading.sweep);
  CHECK(format_analysis_json({compared}, {}).find("\"exact\": 4") != std::string::npos);
}

TEST_CASE("An analysis is written as four tables") {
  const Scratch scratch;
  write_analysis_csv(analysed(), scratch.path() / "tables", "net");
  const auto table = [&](const std::string& name) {
    return read_file(scratch.path() / "tables" / ("net-" + name + ".csv"));
  };
  CHECK(lines(table("conditions")) == 1 + 4);
  CHECK(lines(table("levels")) == 1 + 4);
  CHECK(table("effects").starts_with("response,effect,degrees,variance_share,p\n"));
  CHECK(lines(table("plans")) == 1 + 2);
}

TEST_CASE("An effect is named after its factors, and found by them") {
  const Sweep sweep = full_sweep({2, 2}, 2, [](const auto&, int) { return 0.1; });
  CHECK(describe_effect(sweep, {0}) == sweep.factors[0].name);
  CHECK(describe_effect(sweep, {0, 1}) == sweep.factors[0].name + " × " + sweep.factors[1].name);
  VarianceDecomposition decomposition;
  decomposition.effects = {{.factors = {1}}, {.factors = {0, 1}, .variance_share = 0.2}};
  CHECK(decomposition.find({0}) == nullptr);
  REQUIRE(decomposition.find({0, 1}) != nullptr);
  CHECK(decomposition.find({0, 1})->variance_share == 0.2);
}

TEST_CASE("A sweep is read, analysed and compared in one call") {
  const Scratch folder;
  write_sweep(analysed().reading.sweep, folder.path());
  SweepAnalysisRequest request;
  request.within = {0.1, 0.2};
  request.baseline = "10";
  request.predicted_sweep = folder.path();
  const AnalysedSweep sweep = analyse_sweep(folder.path().string(), request);
  CHECK(sweep.analysis.baseline == std::vector<int>{1, 0});
  CHECK(sweep.plan_sets.size() == 2);
  REQUIRE(sweep.comparison);
  CHECK(sweep.comparison->exact == 4);
}

TEST_CASE("Files of several sweeps of one model are numbered") {
  AnalysedSweep sweep = analysed();
  sweep.reading.sweep.model = "a/b";
  AnalysedSweep other = analysed();
  other.reading.sweep.model.clear();
  CHECK(file_stems({sweep, other, sweep}) == std::vector<std::string>{"a-b", "sweep", "a-b-2"});
}

TEST_CASE("A source of noise is read as it is written") {
  CHECK(parse_noise_source(to_string(NoiseSource::grid)) == NoiseSource::grid);
  CHECK_ERROR(parse_noise_source("dice"), ErrorCode::invalid_argument, "");
}
