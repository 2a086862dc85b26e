// The precision of scission-benchmark.
#include "command_line.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"
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
