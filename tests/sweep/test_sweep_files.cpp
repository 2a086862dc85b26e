// Sweeps in files.
#include "base/file.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/sweeps.hpp"
#include "support/upstream.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

Sweep two_systems() {
  Sweep sweep = full_sweep({2, 3}, 2, [](const std::vector<int>& levels, int plan) {
    return 0.1 + levels[0] + 0.3 * levels[1] + plan / 7.0;
  });
  sweep.systems = {"edge", "cloud"};
  sweep.factors[0].unit = "Mbit/s";
  sweep.notes = {"measured on a quiet day"};
  sweep.plans[1].cuts = -1;
  for (Condition& condition : sweep.conditions) {
    for (PlanTime& time : condition.times) {
      time = plan_time_from_samples({time.seconds, 1.1 * time.seconds, 1.2 * time.seconds});
      time.system_seconds = {0.01, 0.02};
    }
  }
  return sweep;
}

const char* const good_row = "0.5 0.1 0.2 1\n0.6 0.1 0.2 2\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a sweep is read back as it was written") {
  Sweep sweep = two_systems();
  sweep.conditions[2].times[1] = {};
  sweep.conditions[1].times[0].interval = {0.3, 0.9};
  const Scratch scratch;
  write_sweep(sweep, scratch.path() / "new");
  const SweepReading reading = read_sweep(scratch.path() / "new");
  CHECK(format_sweep(reading.sweep) == format_sweep(sweep));
  CHECK(reading.sweep.conditions[1].times[1].seconds == sweep.conditions[1].times[1].seconds);
  CHECK(reading.sweep.conditions[1].times[0].interval.high == 0.9);
  CHECK(reading.sweep.conditions[3].times[0].samples.size() == 3);
  CHECK_FALSE(reading.sweep.conditions[2].times[1].is_measured());
  CHECK(reading.expected == 6);
  REQUIRE(reading.faults.size() == 1);
  CHECK(reading.faults[0].fault == SweepFault::incomplete);
  CHECK(reading.faults[0].file == "condition 02");
  CHECK(read_sweep(scratch.path() / "new" / "sweep.json").sweep.model == "net");
}

TEST_CASE("a time has an interval if it has at least six samples") {
  CHECK_FALSE(plan_time_from_samples({1, 2, 3, 4, 5}).has_interval());
  const PlanTime time = plan_time_from_samples({3, 1, 2, 6, 5, 4});
  CHECK(time.seconds == 3.5);
  CHECK(time.interval.low == 1);
  CHECK(time.interval.high == 6);
  CHECK_ERROR(plan_time_from_samples({}), ErrorCode::invalid_argument, "sample");
}

TEST_CASE("an error in sweep.json names the field") {
  const std::string good = format_sweep(two_systems());
  const auto parse = [](const std::string& text) { return parse_sweep(text, "sweep.json"); };
  CHECK_ERROR(parse("{"), ErrorCode::damaged, "sweep.json: the JSON is truncated");
  CHECK_ERROR(parse("{}"), ErrorCode::damaged, "is not a sweep");
  CHECK_ERROR(parse(with(good, "\"version\": 1", "\"version\": 2")), ErrorCode::unsupported,
              "newer than 1");
  CHECK_ERROR(parse(with(good, "\"plan\": \"p0\"", "\"plan\": \"p9\"")), ErrorCode::damaged,
              "conditions[0].times[0].plan: 'p9' is not one of the plans");
  CHECK_ERROR(parse(with(good, "\"plan\": \"p1\"", "\"plan\": \"p0\"")), ErrorCode::damaged,
              "a second time for a plan");
  CHECK_ERROR(parse(with(good, "\"seconds\": 0.1", "\"seconds\": -0.1")), ErrorCode::damaged,
              "seconds");
  CHECK_ERROR(parse(with(good, "\"name\": \"b\"", "\"name\": \"a\"")), ErrorCode::damaged,
              "factor 'a' is not unique");
}

TEST_CASE("inconsistent sweeps are rejected") {
  Sweep sweep = two_systems();
  sweep.conditions.push_back(sweep.conditions.front());
  CHECK_ERROR(validate_sweep(sweep, "here"), ErrorCode::invalid_argument,
              "here: condition 00 is not unique");
  sweep = two_systems();
  sweep.conditions[0].times.pop_back();
  CHECK_ERROR(validate_sweep(sweep, "here"), ErrorCode::invalid_argument, "1 times for 2 plans");
  sweep = two_systems();
  sweep.conditions[0].levels[1] = 3;
  CHECK_ERROR(validate_sweep(sweep, "here"), ErrorCode::invalid_argument, "'b' has no level 3");
  sweep = two_systems();
  sweep.conditions[0].times[0].system_seconds.pop_back();
  CHECK_ERROR(write_sweep(sweep, "unused"), ErrorCode::invalid_argument, "systems' times");
}

TEST_CASE("condition codes have one digit per factor") {
  const Sweep sweep = two_systems();
  CHECK(format_condition_code(sweep, {1, 2}) == "12");
  CHECK(parse_condition_code(sweep, "12") == std::vector<int>{1, 2});
  CHECK(describe_condition(sweep, {1, 2}) == "a 1 Mbit/s, b 2");
  for (const char* wrong : {"", "1", "123", "13", "1x", "-1"}) {
    CAPTURE(wrong);
    CHECK_ERROR(parse_condition_code(sweep, wrong), ErrorCode::invalid_argument, "such as 00");
  }
  const Sweep many = full_sweep({12, 2}, 1, [](const auto&, int) { return 1.0; });
  CHECK(format_condition_code(many, {11, 1}) == "11.1");
  CHECK(parse_condition_code(many, "11.1") == std::vector<int>{11, 1});
}

TEST_CASE("faults in the study's files are named and counted") {
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
  CHECK(reading.sweep.model == "tiny");
  CHECK(reading.sweep.conditions.size() == 2);
  CHECK(reading.expected == 243);
  CHECK(reading.count(SweepFault::damaged) == 5);
  CHECK(reading.count(SweepFault::incomplete) == 1);
  CHECK(reading.count(SweepFault::missing) == 237);
  const auto message_of = [&](const std::string& file) {
    for (const FaultyFile& fault : reading.faults) {
      if (fault.file == file) return fault.message;
    }
    return std::string("not told");
  };
  CHECK(message_of("weights_00001.txt") == "lacks 1 of 2 plans: 2");
  CHECK(message_of("weights_00002.txt") == "line 1: has 3 cells; expected total, edge, cloud, cut");
  CHECK(message_of("weights_00010.txt") == "line 2: 'nan' is not a time in seconds");
  CHECK(message_of("weights_00011.txt") == "has no rows");
  CHECK(message_of("weights_00012.txt") == "line 2: cut 1 appears twice");
  CHECK(message_of("notes.txt") == "not told");
}

TEST_CASE("a folder without a sweep is an error that names the expected files") {
  const Scratch scratch;
  CHECK_ERROR(read_sweep(scratch.path()), ErrorCode::damaged, "has neither sweep.json");
  scratch.file("weights_00000.txt", "nothing");
  CHECK_ERROR(read_sweep(scratch.path()), ErrorCode::damaged, "none of its 1 files can be read");
  CHECK_ERROR(read_sweep(scratch.path() / "absent"), ErrorCode::not_found, "absent");
}

TEST_CASE("the study's files are read back as they were written") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_alexnet");
  const SweepReading published = read_sweep(upstream_dir() / "adaptive/outputs_alexnet");
  const Scratch scratch;
  write_study_files(published.sweep, scratch.path() / "outputs_alexnet");
  const SweepReading again = read_sweep(scratch.path() / "outputs_alexnet");
  CHECK(format_sweep(again.sweep) == format_sweep(published.sweep));
  Sweep sweep = two_systems();
  sweep.systems.pop_back();
  for (Condition& condition : sweep.conditions) {
    for (PlanTime& time : condition.times) time.system_seconds.pop_back();
  }
  CHECK_ERROR(write_study_files(sweep, scratch.path()), ErrorCode::invalid_argument, "two systems");
}

TEST_CASE("the study's vgg16 has four conditions and 239 missing ones") {
  SCISSION_NEEDS_UPSTREAM("adaptive/outputs_vgg16");
  const SweepReading reading = read_sweep(upstream_dir() / "adaptive/outputs_vgg16");
  CHECK(reading.sweep.conditions.size() == 4);
  CHECK(reading.count(SweepFault::missing) == 239);
  CHECK(reading.faults.size() == 239);
  CHECK(reading.faults.front().file == "weights_00011.txt");
}
