#include <algorithm>
#include <cmath>

#include "scission/control.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"
#include "support/two_ways.hpp"

using namespace scission;
using testing::two_ways;
using Kind = ConditionColumn::Kind;

namespace {

ConditionTrace parse(const std::string& text) { return parse_condition_trace(text, "t.csv"); }

std::vector<double> column(const ConditionTrace& trace, std::size_t index) {
  std::vector<double> values;
  for (const auto& row : trace.values) values.push_back(row[index]);
  return values;
}

int changes(const std::vector<double>& values) {
  int count = 0;
  for (std::size_t i = 1; i < values.size(); ++i) count += values[i] != values[i - 1];
  return count;
}

}  // namespace

TEST_CASE("a trace is read by its header") {
  const ConditionTrace trace = parse(
      "# recorded on a Tuesday\n"
      "time_s,link:pi->box:mbit, link:pi->box:ms ,slowdown:box\n\n"
      "0,10,4,1\r\n0.5,0,4,2.5\n");
  REQUIRE(trace.columns.size() == 3);
  CHECK(trace.columns[0] == ConditionColumn{Kind::rate, "pi", "box"});
  CHECK(trace.columns[1] == ConditionColumn{Kind::ping, "pi", "box"});
  CHECK(trace.columns[2] == ConditionColumn{Kind::slowdown, "box"});
  CHECK(trace.times_s == std::vector<double>{0, 0.5});
  CHECK(trace.values[1] == std::vector<double>{0, 4, 2.5});
}

TEST_CASE("a malformed trace is refused with its line") {
  const auto damaged = ErrorCode::damaged;
  CHECK_ERROR(parse(""), damaged, "time_s");
  CHECK_ERROR(parse("seconds,slowdown:a\n0,1\n"), damaged, "time_s");
  CHECK_ERROR(parse("time_s,link:a:mbit\n0,1\n"), damaged, "link:a:mbit");
  CHECK_ERROR(parse("time_s,link:a->:mbit\n0,1\n"), damaged, "link:a->:mbit");
  CHECK_ERROR(parse("time_s,load:a\n0,1\n"), damaged, "load:a");
  CHECK_ERROR(parse("time_s,slowdown:a,slowdown:a\n0,1,1\n"), damaged, "twice");
  CHECK_ERROR(parse("time_s,slowdown:a\n"), damaged, "no row");
  CHECK_ERROR(parse("time_s,slowdown:a\n0,1\n1\n"), damaged, "line 3");
  CHECK_ERROR(parse("time_s,slowdown:a\n0,1,2\n"), damaged, "line 2");
  CHECK_ERROR(parse("time_s,slowdown:a\n0,x\n"), damaged, "'x'");
  CHECK_ERROR(parse("time_s,slowdown:a\n0,-1\n"), damaged, "'-1'");
  CHECK_ERROR(parse("time_s,slowdown:a\n1,1\n1,1\n"), damaged, "does not come after");
  CHECK_ERROR(read_condition_trace("no-such-trace.csv"), ErrorCode::not_found, "no-such-trace.csv");
}

TEST_CASE("a trace is read back as it was written") {
  ConditionTraceOptions options;
  options.has_steps = options.has_ramps = options.has_noise = options.has_outages = true;
  ConditionTrace trace = generate_condition_trace(two_ways(), options);
  CHECK(parse(format_condition_trace(trace)) == trace);
  trace.columns[0].from = "a, \"b\"";
  trace.columns.push_back({Kind::ping, "x", "y"});
  for (auto& row : trace.values) row.push_back(0.1);
  const testing::Scratch folder;
  write_condition_trace(trace, folder.path() / "t.csv");
  CHECK(read_condition_trace(folder.path() / "t.csv") == trace);
}

TEST_CASE("a generated trace has a column for every link and system and a row for every tick") {
  ConditionTraceOptions options;
  options.duration_s = 10;
  options.tick_s = 0.1;
  const ConditionTrace trace = generate_condition_trace(two_ways(), options);
  REQUIRE(trace.columns.size() == 3);
  CHECK(to_string(trace.columns[0]) == "link:pi->box:mbit");
  CHECK(to_string(trace.columns[1]) == "slowdown:pi");
  CHECK(trace.times_s.size() == 100);
  CHECK(trace.times_s.back() == 9.9);
  for (const auto& row : trace.values) CHECK(row == std::vector<double>{10, 1, 1});
}

TEST_CASE("the seed determines the trace") {
  ConditionTraceOptions options;
  options.has_steps = options.has_noise = options.has_outages = true;
  const ConditionTrace one = generate_condition_trace(two_ways(), options);
  CHECK(generate_condition_trace(two_ways(), options) == one);
  options.seed = 2;
  CHECK_FALSE(generate_condition_trace(two_ways(), options) == one);
}

TEST_CASE("steps stay within their bounds and have the requested frequency") {
  ConditionTraceOptions options;
  options.has_steps = true;
  options.duration_s = 60'000;
  const ConditionTrace trace = generate_condition_trace(two_ways(), options);
  for (const std::size_t index : {0, 1, 2}) {
    const std::vector<double> values = column(trace, index);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    CHECK(*low >= (index == 0 ? 1 : 1));
    CHECK(*high <= (index == 0 ? 10 : 4));
    CHECK(changes(values) > 900);  // of 1000 expected; a standard deviation is 32
    CHECK(changes(values) < 1100);
  }
}

TEST_CASE("a ramp has no jumps") {
  ConditionTraceOptions options;
  options.has_ramps = true;
  options.duration_s = 6000;
  options.tick_s = 0.5;
  const std::vector<double> rates = column(generate_condition_trace(two_ways(), options), 0);
  double largest = 0;
  for (std::size_t i = 1; i < rates.size(); ++i) {
    largest = std::max(largest, std::abs(std::log(rates[i] / rates[i - 1])));
  }
  CHECK(largest > 0);
  CHECK(largest <= std::log(10) * options.tick_s / options.ramp_s + 1e-4);
}

TEST_CASE("noise has the requested mean and standard deviation") {
  ConditionTraceOptions options;
  options.has_noise = true;
  options.duration_s = 5000;
  const std::vector<double> rates = column(generate_condition_trace(two_ways(), options), 0);
  double sum = 0;
  double squares = 0;
  for (const double rate : rates) {
    sum += rate / 10;
    squares += std::log(rate / 10) * std::log(rate / 10);
  }
  const auto count = static_cast<double>(rates.size());
  CHECK(sum / count == Approx(1).margin(0.01));
  CHECK(std::sqrt(squares / count) == Approx(std::hypot(0.2, 0.02)).epsilon(0.05));
}

TEST_CASE("links are down for the expected share of the time and systems never") {
  ConditionTraceOptions options;
  options.has_outages = true;
  options.duration_s = 100'000;
  const ConditionTrace trace = generate_condition_trace(two_ways(), options);
  const std::vector<double> rates = column(trace, 0);
  const auto down = static_cast<double>(std::count(rates.begin(), rates.end(), 0.0));
  CHECK(down / static_cast<double>(rates.size()) == Approx(10.0 / 130).epsilon(0.15));
  const std::vector<double> slowdowns = column(trace, 2);
  CHECK(std::count(slowdowns.begin(), slowdowns.end(), 1.0) ==
        static_cast<std::ptrdiff_t>(slowdowns.size()));
}

TEST_CASE("options of traces out of range are refused") {
  const auto refuses = [](auto change, const char* option) {
    ConditionTraceOptions options;
    change(options);
    CHECK_ERROR(generate_condition_trace(two_ways(), options), ErrorCode::invalid_argument, option);
  };
  refuses([](ConditionTraceOptions& o) { o.duration_s = 0; }, "duration_s");
  refuses([](ConditionTraceOptions& o) { o.tick_s = -1; }, "tick_s");
  refuses([](ConditionTraceOptions& o) { o.tick_s = 1e-9; }, "10^7");
  refuses([](ConditionTraceOptions& o) { o.lowest_rate = 2; }, "lowest_rate");
  refuses([](ConditionTraceOptions& o) { o.highest_slowdown = 0.5; }, "highest_slowdown");
  refuses([](ConditionTraceOptions& o) { o.noise = NAN; }, "noise");
  refuses([](ConditionTraceOptions& o) { o.outage_s = 0; }, "outage_s");
}

TEST_CASE("The kinds of changes of a trace are words") {
  const ConditionTraceOptions options = parse_trace_kinds({"steps", "constant", "outages"});
  CHECK(options.has_steps);
  CHECK(options.has_outages);
  CHECK_FALSE(options.has_ramps);
  CHECK_FALSE(options.has_noise);
  CHECK_THROWS_AS(parse_trace_kinds({"waves"}), Error);
}
