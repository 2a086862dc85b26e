// Plans as a table or as lines.
#include <filesystem>

#include "apps/predict_example.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

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
