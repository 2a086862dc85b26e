#include <algorithm>
#include <limits>
#include <string>

#include "scission/base.hpp"
#include "support/catch.hpp"

using namespace scission;

TEST_CASE("durations below a minute have three significant digits and a fitting unit") {
  CHECK(format_duration(812e-9) == "812 ns");
  CHECK(format_duration(45.61e-6) == "45.6 µs");
  CHECK(format_duration(3.421e-3) == "3.42 ms");
  CHECK(format_duration(9.0106) == "9.01 s");
  CHECK(format_duration(59.94) == "59.9 s");
}

TEST_CASE("a duration that rounds up to the next unit is shown in it") {
  CHECK(format_duration(0.9996e-6) == "1.00 µs");
  CHECK(format_duration(0.9996) == "1.00 s");
  CHECK(format_duration(9.996) == "10.0 s");
  CHECK(format_duration(59.96) == "1 min 00 s");
}

TEST_CASE("durations from a minute on are in minutes and seconds, then in hours and minutes") {
  CHECK(format_duration(125) == "2 min 05 s");
  CHECK(format_duration(3599.4) == "59 min 59 s");
  CHECK(format_duration(3599.6) == "1 h 00 min");
  CHECK(format_duration(7500) == "2 h 05 min");
}

TEST_CASE("zero, negative and endless durations can be shown") {
  CHECK(format_duration(0) == "0 s");
  CHECK(format_duration(-0.25) == "-250 ms");
  CHECK(format_duration(1e-12) == "0.00 ns");
  CHECK(format_duration(std::numeric_limits<double>::infinity()) == "inf s");
  CHECK(format_duration(std::numeric_limits<double>::quiet_NaN()) == "nan s");
}

TEST_CASE("sizes are in decimal units with three significant digits") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(128) == "128 B");
  CHECK(format_bytes(999) == "999 B");
  CHECK(format_bytes(602'112) == "602 kB");
  CHECK(format_bytes(999'600) == "1.00 MB");
  CHECK(format_bytes(3'211'392) == "3.21 MB");
  CHECK(format_bytes(1.2e9) == "1.20 GB");
  CHECK(format_bytes(2e15) == "2000 TB");
}

TEST_CASE("the version has a major, a minor and a patch number") {
  const std::string text = version();
  CHECK(std::count(text.begin(), text.end(), '.') == 2);
}

TEST_CASE("counts have three digits and a decimal prefix") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(812) == "812");
  CHECK(format_count(999.6) == "1.00 k");
  CHECK(format_count(25'636'712) == "25.6 M");
  CHECK(format_count(7.726e9) == "7.73 G");
  CHECK(format_count(-2e12) == "-2.00 T");
}

TEST_CASE("sizes are read with a unit or in the default one") {
  CHECK(parse_bytes("600kB") == 600e3);
  CHECK(parse_bytes("1.5GB") == 1.5e9);
  CHECK(parse_bytes("128B", 1e6) == 128);
  CHECK(parse_bytes("0.15", 1e6) == 150e3);
  CHECK_FALSE(parse_bytes("250KB").has_value());
  CHECK_FALSE(parse_bytes("MB").has_value());
}
