// The table of scission-benchmark.
#include "command_line.hpp"
#include "profile_table.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::apps;

TEST_CASE("a precision is a share or a percentage") {
  CHECK(parse_precision("0.02") == Approx(0.02));
  CHECK(parse_precision("2%") == Approx(0.02));
  CHECK(parse_precision("0.5 %") == Approx(0.005));
  for (const char* wrong : {"", "%", "0", "-1%", "201%", "2", "two", "2%%", "nan"}) {
    CHECK_ERROR(parse_precision(wrong), ErrorCode::invalid_argument, "--precision");
  }
}

TEST_CASE("the difference is told with its interval where that is known") {
  ModelProfile model;
  model.whole_seconds = 1;
  model.blocks.resize(1);
  model.blocks[0].seconds = 1.008;
  CHECK(difference_text(model) == "+0.8 %");
  model.sum_ratio_interval = {1.008, 1.008};
  CHECK(difference_text(model) == "+0.8 %");
  model.sum_ratio_interval = {0.996, 1.019};
  CHECK(difference_text(model) == "+0.8 % (−0.4…+1.9)");
  model.sum_ratio_interval = {0.9999, 1.019};
  CHECK(difference_text(model) == "+0.8 % (+0.0…+1.9)");
}

TEST_CASE("the precision that was reached is that of what matters") {
  ModelProfile model;
  const auto summary = [](double median, double low, double high) {
    Summary result;
    result.count = 10;
    result.median = median;
    result.interval = {low, high};
    return result;
  };
  model.whole = summary(1, 0.99, 1.01);
  model.blocks.resize(2);
  model.blocks[0].summary = summary(0.999, 0.9, 1.0989);
  model.blocks[1].summary = summary(0.001, 0, 1);
  REQUIRE(model.precision());
  CHECK(*model.precision() == Approx(0.1989 / 0.999));
  model.whole.count = 5;
  CHECK_FALSE(model.precision());
}

TEST_CASE("the summary has a row for each model as it comes") {
  ProfileTable table;
  CHECK(table.header().starts_with("model              layers  blocks"));
  ModelProfile model;
  model.model = "net";
  model.whole_seconds = 0.1;
  model.repetitions = 7;
  model.blocks.resize(1);
  model.blocks[0].block.last_layer = 4;
  model.blocks[0].seconds = 0.101;
  const std::string row = table.add(model);
  CHECK(row.starts_with("net                     5       1   100 ms"));
  CHECK(row.find("+1.0 %") != std::string::npos);
}
