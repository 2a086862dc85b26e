// Sweeps in files.
#include "base/file.hpp"
#include "scission/sweep/adaptive_io.hpp"
#include "support/adaptive_grids.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/upstream.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

AdaptiveGrid two_systems() {
  AdaptiveGrid grid = full_grid({2, 3}, 2, [](const std::vector<int>& levels, int plan) {
    return 0.1 + levels[0] + 0.3 * levels[1] + plan / 7.0;
  });
  grid.systems = {"edge", "cloud"};
  grid.factors[0].unit = "Mbit/s";
  grid.notes = {"measured on a quiet day"};
  grid.plans[1].cuts = -1;
  for (Condition& condition : grid.conditions) {
    for (PlanTime& time : condition.times) {
      time = plan_time_of({time.seconds, 1.1 * time.seconds, 1.2 * time.seconds});
      time.system_seconds = {0.01, 0.02};
    }
  }
  return grid;
}

const char* const good_row = "0.5 0.1 0.2 1\n0.6 0.1 0.2 2\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a sweep that was written is read back as it was") {
  AdaptiveGrid grid = two_systems();
  grid.conditions[2].times[1] = {};
  grid.conditions[1].times[0].interval = {0.3, 0.9};
  const Scratch scratch;
  write_sweep(grid, scratch.path() / "new");
  const SweepReading reading = read_sweep(scratch.path() / "new");
  CHECK(format_sweep(reading.grid) == format_sweep(grid));
  CHECK(reading.grid.conditions[1].times[1].seconds == grid.conditions[1].times[1].seconds);
  CHECK(reading.grid.conditions[1].times[0].interval.high == 0.9);
  CHECK(reading.grid.conditions[3].times[0].samples.size() == 3);
  CHECK_FALSE(reading.grid.conditions[2].times[1].is_measured());
  CHECK(reading.expected == 6);
  REQUIRE(reading.faults.size() == 1);
  CHECK(reading.faults[0].fault == SweepFault::short_);
  CHECK(reading.faults[0].file == "condition 02");
  CHECK(read_sweep(scratch.path() / "new" / "sweep.json").grid.model == "net");
}

TEST_CASE("a time of samples has an interval from six on") {
  CHECK_FALSE(plan_time_of({1, 2, 3, 4, 5}).has_interval());
  const PlanTime time = plan_time_of({3, 1, 2, 6, 5, 4});
  CHECK(time.seconds == 3.5);
  CHECK(time.interval.low == 1);
  CHECK(time.interval.high == 6);
  CHECK_ERROR(plan_time_of({}), ErrorCode::invalid_argument, "sample");
}

TEST_CASE("what a sweep must not hold is told with its field") {
  const std::string good = format_sweep(two_systems());
  const auto parse = [](const std::string& text) { return parse_sweep(text, "sweep.json"); };
  CHECK_ERROR(parse("{"), ErrorCode::damaged, "sweep.json: the JSON is truncated");
  CHECK_ERROR(parse("{}"), ErrorCode::damaged, "is no sweep");
  CHECK_ERROR(parse(with(good, "\"version\": 1", "\"version\": 2")), ErrorCode::damaged,
              "use a newer one");
  CHECK_ERROR(parse(with(good, "\"plan\": \"p0\"", "\"plan\": \"p9\"")), ErrorCode::damaged,
              "conditions[0].times[0].plan: 'p9' is none of the plans");
  CHECK_ERROR(parse(with(good, "\"plan\": \"p1\"", "\"plan\": \"p0\"")), ErrorCode::damaged,
              "a second time");
  CHECK_ERROR(parse(with(good, "\"seconds\": 0.1", "\"seconds\": -0.1")), ErrorCode::damaged,
              "seconds");
  CHECK_ERROR(parse(with(good, "\"name\": \"b\"", "\"name\": \"a\"")), ErrorCode::damaged,
              "factor 'a' is there twice");
}

TEST_CASE("grids that contradict themselves are refused") {
  AdaptiveGrid grid = two_systems();
  grid.conditions.push_back(grid.conditions.front());
  CHECK_ERROR(check_grid(grid, "here"), ErrorCode::invalid_argument,
              "here: condition 00 is there twice");
  grid = two_systems();
  grid.conditions[0].times.pop_back();
  CHECK_ERROR(check_grid(grid, "here"), ErrorCode::invalid_argument, "1 times for 2 plans");
  grid = two_systems();
  grid.conditions[0].levels[1] = 3;
  CHECK_ERROR(check_grid(grid, "here"), ErrorCode::invalid_argument, "'b' has no level 3");
  grid = two_systems();
  grid.conditions[0].times[0].system_seconds.pop_back();
  CHECK_ERROR(write_sweep(grid, "unused"), ErrorCode::invalid_argument, "systems' times");
}

TEST_CASE("conditions are named by a digit a factor") {
  const AdaptiveGrid grid = two_systems();
  CHECK(condition_code(grid, {1, 2}) == "12");
  CHECK(condition_of_code(grid, "12") == std::vector<int>{1, 2});
  CHECK(describe_condition(grid, {1, 2}) == "a 1 Mbit/s, b 2");
  for (const char* wrong : {"", "1", "123", "13", "1x", "-1"}) {
    CAPTURE(wrong);
    CHECK_ERROR(condition_of_code(grid, wrong), ErrorCode::invalid_argument, "as 00");
  }
  const AdaptiveGrid many = full_grid({12, 2}, 1, [](const auto&, int) { return 1.0; });
  CHECK(condition_code(many, {11, 1}) == "11.1");
  CHECK(condition_of_code(many, "11.1") == std::vector<int>{11, 1});
}

TEST_CASE("the study's files are read and what is wrong with them is named and counted") {
  const Scratch scratch;
  const std::filesystem::path folder = scratch.path() / "outputs_tiny";
  std::filesystem::create_directory(folder);
  const auto put = [&](const std::string& name, const std::string& text) {
    write_file_atomically(folder / name, text);
  };
  put("weights_00000.txt", good_row);
  put("weights_00001.txt", "0.5 0.1 0.2 1\r\n");
  put("weights_00002.txt", "0.5 0.1 0.2\n");
  put("weights_00010.txt", "0.5 0.1 0.2 1\n0.5 nan 0.2 2\n");
  put("weights_00011.txt", "");
  put("weights_00012.txt", "0.5 0.1 0.2 1\n0.6 0.1 0.2 1\n");
  put("weights_0009.txt", good_row);
  put("notes.txt", "not one of them");
  const SweepReading reading = read_sweep(folder);
  CHECK(reading.grid.model == "tiny");
  CHECK(reading.grid.conditions.size() == 2);
  CHECK(reading.expected == 243);
  CHECK(reading.count(SweepFault::damaged) == 5);
  CHECK(reading.count(SweepFault::short_) == 1);
  CHECK(reading.count(SweepFault::missing) == 237);
  const auto message_of = [&](const std::string& file) {
    for (const FaultyFile& fault : reading.faults) {
      if (fault.file == file) return fault.message;
    }
    return std::string("not told");
  };
  CHECK(message_of("weights_00001.txt") == "lacks 1 of 2 plans: 2");
  CHECK(message_of("weights_00002.txt") ==
        "line 1: has 3 cells instead of total, edge, cloud, cut");
  CHECK(message_of("weights_00010.txt") == "line 2: 'nan' is no time in seconds");
  CHECK(message_of("weights_00011.txt") == "holds no rows");
  CHECK(message_of("weights_00012.txt") == "line 2: cut 1 is there twice");
  CHECK(message_of("notes.txt") == "not told");
}

TEST_CASE("a folder without anything to read is an error that says what belongs there") {
  const Scratch scratch;
  CHECK_ERROR(read_sweep(scratch.path()), ErrorCode::damaged, "holds neither sweep.json");
  scratch.file("weights_00000.txt", "nothing");
  CHECK_ERROR(read_sweep(scratch.path()), ErrorCode::damaged, "none of its 1 files can be read");
  CHECK_ERROR(read_sweep(scratch.path() / "absent"), ErrorCode::not_found, "absent");
}

TEST_CASE("the study's files can be written and read again") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_alexnet");
  const SweepReading published = read_sweep(upstream_dir() / "adaptive/outputs_alexnet");
  const Scratch scratch;
  write_study_files(published.grid, scratch.path() / "outputs_alexnet");
  const SweepReading again = read_sweep(scratch.path() / "outputs_alexnet");
  CHECK(format_sweep(again.grid) == format_sweep(published.grid));
  AdaptiveGrid grid = two_systems();
  grid.systems.pop_back();
  for (Condition& condition : grid.conditions) {
    for (PlanTime& time : condition.times) time.system_seconds.pop_back();
  }
  CHECK_ERROR(write_study_files(grid, scratch.path()), ErrorCode::invalid_argument, "two systems");
}

TEST_CASE("of vgg16 the study published four conditions and the rest is counted as missing") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_vgg16");
  const SweepReading reading = read_sweep(upstream_dir() / "adaptive/outputs_vgg16");
  CHECK(reading.grid.conditions.size() == 4);
  CHECK(reading.count(SweepFault::missing) == 239);
  CHECK(reading.faults.size() == 239);
  CHECK(reading.faults.front().file == "weights_00011.txt");
}
