#include <limits>
#include <string>

#include "base/csv.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

const std::string header = "model,first_layer,last_layer,round,seconds\n";

ModelProfile two_blocks(const std::string& name) {
  ModelProfile model;
  model.model = name;
  model.blocks.resize(2);
  model.blocks[0].block = {0, 3, 8};
  model.blocks[1].block = {4, 4, 8};
  return model;
}

SystemProfile measured() {
  SystemProfile profile;
  profile.platform = "edge";
  profile.name = "box";
  profile.models = {two_blocks("net"), two_blocks("a \"b\", c\nd"), two_blocks("unmeasured")};
  profile.models[0].whole_samples = {0.412000001, 0.000000001, 86400.123456789};
  profile.models[0].blocks[0].samples = {0.1, 0.2, 0.3};
  profile.models[0].blocks[1].samples = {0, 1e-9, 2e-9};
  profile.models[1].blocks[1].samples = {7};
  return profile;
}

SystemProfile unmeasured() {
  SystemProfile profile = measured();
  for (ModelProfile& model : profile.models) {
    model.whole_samples.clear();
    for (BlockTiming& timing : model.blocks) timing.samples.clear();
  }
  return profile;
}

void check_refused(const std::string& rows, const std::string& message) {
  SystemProfile profile = unmeasured();
  INFO(rows);
  CHECK_ERROR(add_samples(profile, header + rows, "s.csv"), ErrorCode::damaged,
              "s.csv: " + message);
  CHECK(profile.models[0].whole_samples.empty());
}

}  // namespace

TEST_CASE("the samples of a profile lie beside it") {
  CHECK(samples_path("out/edge-my.box.json") == "out/edge-my.box.samples.csv");
}

TEST_CASE("samples are written a row each, whole models without layers") {
  SystemProfile profile = measured();
  profile.models.resize(1);
  CHECK(format_samples_csv(profile) == header +
                                           "net,,,1,0.412000001\n"
                                           "net,,,2,0.000000001\n"
                                           "net,,,3,86400.123456789\n"
                                           "net,0,3,1,0.100000000\n"
                                           "net,0,3,2,0.200000000\n"
                                           "net,0,3,3,0.300000000\n"
                                           "net,4,4,1,0.000000000\n"
                                           "net,4,4,2,0.000000001\n"
                                           "net,4,4,3,0.000000002\n");
}

TEST_CASE("samples written and read back are the same, a nanosecond included") {
  const SystemProfile written = measured();
  SystemProfile read = unmeasured();
  add_samples(read, format_samples_csv(written), "s.csv");
  for (std::size_t m = 0; m < written.models.size(); ++m) {
    CHECK(read.models[m].whole_samples == written.models[m].whole_samples);
    for (std::size_t b = 0; b < 2; ++b) {
      CHECK(read.models[m].blocks[b].samples == written.models[m].blocks[b].samples);
    }
  }
}

TEST_CASE("reading samples replaces those of their series and leaves the others") {
  SystemProfile profile = measured();
  add_samples(profile, header + "net,4,4,1,5\n", "s.csv");
  CHECK(profile.models[0].blocks[1].samples == std::vector<double>{5});
  CHECK(profile.models[0].blocks[0].samples.size() == 3);
}

TEST_CASE("samples of models and blocks that the profile does not have are passed over") {
  SystemProfile profile = unmeasured();
  add_samples(profile, header + "other,,,1,1\nnet,0,4,1,2\nnet,,,1,3\nother,0,0,1,4\n", "s.csv");
  CHECK(profile.models[0].whole_samples == std::vector<double>{3});
  CHECK(profile.models[0].blocks[0].samples.empty());
}

TEST_CASE("an empty profile has no samples but their header") {
  SystemProfile profile;
  CHECK(format_samples_csv(profile) == header);
  add_samples(profile, header, "s.csv");
  CHECK(profile.models.empty());
}

TEST_CASE("a damaged line of samples is named, and the profile is left as it was") {
  const std::string good = "net,,,1,0.5\n";
  check_refused(good + "net,,,2\n", "line 3: has 4 cells instead of 5");
  check_refused(good + "net,,,2,0.5,\n", "line 3: has 6 cells");
  check_refused(good + "\n", "line 3: has 1 cells");
  check_refused(good + "net,,,1,0.5\n", "line 3: has round '1' instead of 2");
  check_refused(good + "net,,,3,0.5\n", "line 3: has round '3' instead of 2");
  check_refused("net,0,3,0,0.5\n", "line 2: has round '0' instead of 1");
  check_refused(good + "net,,,2,fast\n", "line 3: 'fast' is not a time in seconds");
  check_refused(good + "net,,,2,-1\n", "line 3: '-1' is not a time in seconds");
  check_refused(good + "net,,,2,inf\n", "line 3: 'inf' is not a time in seconds");
  check_refused(good + "net,0,,1,1\n", "line 3: '' is not a layer number");
  check_refused(good + "net,-1,3,1,1\n", "line 3: '-1' is not a layer number");
  check_refused("\"a\nb\",,,1,1\nnet,,,1,\"1\n", "line 4: has an unterminated quote");
}

TEST_CASE("samples without their header are refused") {
  SystemProfile profile = unmeasured();
  for (const std::string text : {"", "net,,,1,0.5\n", "\n"}) {
    CHECK_ERROR(add_samples(profile, text, "s.csv"), ErrorCode::damaged,
                "s.csv: line 1: must be model,first_layer,last_layer,round,seconds");
  }
}

TEST_CASE("samples cut short within a line are refused, and between lines are those so far") {
  SystemProfile profile = unmeasured();
  CHECK_ERROR(add_samples(profile, header + "net,,,1,0.5\nnet,,,2", "s.csv"), ErrorCode::damaged,
              "s.csv: line 3");
  add_samples(profile, header + "net,,,1,0.5", "s.csv");
  CHECK(profile.models[0].whole_samples == std::vector<double>{0.5});
}

TEST_CASE("lines of a CSV may end as other systems end them") {
  SystemProfile profile = unmeasured();
  add_samples(profile, "model,first_layer,last_layer,round,seconds\r\nnet,,,1,0.5\r\n", "s.csv");
  CHECK(profile.models[0].whole_samples == std::vector<double>{0.5});
}

TEST_CASE("a CSV's quotes are read as they are written") {
  for (const std::string text :
       {"", "plain", "a,b", "\"", "\"\"", "a\"b", "two\nlines", "\r", ","}) {
    const std::string row = "x," + csv_cell(text) + "\n";
    CsvReader reader(row, "f.csv");
    const auto cells = reader.next();
    REQUIRE(cells);
    CHECK(*cells == std::vector<std::string>{"x", text});
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("a CSV's quotes that do not fit are refused with their line") {
  for (const std::string row : {"a\"b\n", "\"a\"b\n", "\"a\n", "a\rb\n"}) {
    const std::string text = "fine\n" + row;
    CsvReader reader(text, "f.csv");
    reader.next();
    CHECK_ERROR(reader.next(), ErrorCode::damaged, "f.csv: line 2: has ");
  }
}
