// Plans as a table of a given width.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "apps/predict_example.hpp"
#include "base/text.hpp"
#include "plan_table.hpp"
#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "table.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

PartitionProblem known_to(double relative) {
  PartitionProblem problem = two_systems();
  problem.uncertainty.assign(2, {{relative, relative, relative}, 1});
  return problem;
}

std::string table_of(const PartitionProblem& problem, std::optional<std::size_t> width) {
  const Query query;
  return apps::plan_table(problem, query, search(problem, query), width);
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) {
    longest = std::max(longest, text::character_count(line));
  }
  return longest;
}

}  // namespace

TEST_CASE("the table of plans begins with the verdict") {
  const std::string text = table_of(known_to(0.01), std::nullopt);
  CHECK(text.starts_with("vm alone: 1.45 s, "));
  CHECK(contains(text, "plan          latency    sent  layers\n"));
  CHECK(contains(text, "   1  1.450 ± 0.006 s  150 kB  vm alone\n"));
  CHECK(contains(text, "   2    2.60 ± 0.01 s  200 kB  pi 0–1 → vm 2–5\n"));
  CHECK_FALSE(contains(text, "told apart"));
}

TEST_CASE("plans that cannot be told apart are bracketed and said so") {
  const std::string text = table_of(known_to(3), std::nullopt);
  CHECK(contains(text, "┐"));
  CHECK(contains(text, "│"));
  CHECK(contains(text, "┘"));
  CHECK(contains(text, "Plans 1 to 4 cannot be told apart"));
}

TEST_CASE("the table of plans fits every width and breaks no word") {
  for (const std::size_t width : {30, 36, 48, 60, 80, 120}) {
    CAPTURE(width);
    const std::string text = table_of(known_to(3), width);
    CHECK(longest_line(text) <= width);
    CHECK(contains(text, "pi 0–1"));
    CHECK(contains(text, "→ vm 2–5"));
  }
}

TEST_CASE("text is broken at spaces but not between a number and its unit") {
  using apps::wrapped;
  CHECK(wrapped("a b c", 3) == std::vector<std::string>{"a b", "c"});
  CHECK(wrapped("takes 139 ms, or", 9) == std::vector<std::string>{"takes", "139 ms,", "or"});
  CHECK(wrapped("unbreakable", 3) == std::vector<std::string>{"unbreakable"});
  CHECK(wrapped("", 3) == std::vector<std::string>{""});
  CHECK(apps::wrapped_route("pi 0–4 → box 5–9 → vm 10", 17) ==
        std::vector<std::string>{"pi 0–4 → box 5–9", "→ vm 10"});
}

TEST_CASE("pipes get the original's lines and --format decides otherwise") {
  const Example example;
  CHECK(example.predict({}).out.starts_with("[1] "));
  CHECK(example.predict({"--format", "lines"}).out.starts_with("[1] "));
  const auto table = example.predict({"--format", "table"});
  CHECK(table.exit_code == 0);
  CHECK(contains(table.out, " than all on pi ("));
  CHECK(contains(table.out, "plan  latency"));
  const auto wrong = example.predict({"--format", "tabel"});
  CHECK(wrong.exit_code == 2);
  CHECK(contains(wrong.err, "--format: 'tabel' is neither table nor lines"));
}

TEST_CASE("the JSON of an answer has its verdict and the intervals of its plans") {
  const Example example;
  const auto result = example.predict({"--json"});
  CHECK(contains(result.out, "\"verdict\": {"));
  CHECK(contains(result.out, "\"baseline_system\": \"pi\""));
  CHECK(contains(result.out, "\"latency_interval_s\": null"));  // the profiles have none
  const auto known =
      run_tool("scission-predict", {"data/example", "network.csv", "resnet50", "--json"});
  CHECK(contains(known.out, "\"latency_interval_s\": ["));
}

TEST_CASE("no gnuplot script is left beside a picture unless it is asked for") {
  const Example example;
  const auto files_with = [&](const char* ending) {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator(example.folder().path())) {
      count += file.path().extension() == ending ? 1 : 0;
    }
    return count;
  };
  const auto draw = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{example.folder().path(), "network.csv", "net", "-o",
                                       example.folder().path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool("scission-predict", arguments);
  };
  if (contains(draw({}).err, "no picture")) SKIP_TEST("gnuplot is not installed");
  CHECK(files_with(".png") == 1);
  CHECK(files_with(".gp") == 0);
  draw({"--keep-script"});
  CHECK(files_with(".gp") == 1);
}
