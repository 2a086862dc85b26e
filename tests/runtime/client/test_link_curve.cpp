#include <algorithm>
#include <map>
#include <vector>

#include "runtime/client/link_use.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;

namespace {

LinkOptions options_for(std::vector<std::size_t> bytes) {
  LinkOptions options;
  options.bytes = std::move(bytes);
  return options;
}

/// Takes what a list says for a size, one after the other, and a second by the watch each time.
struct FakeLink {
  std::map<std::size_t, std::vector<double>> seconds;
  std::map<std::size_t, std::size_t> probes;
  double now = 0;

  Probe probe() {
    return [this](std::size_t bytes) {
      now += 1;
      const std::vector<double>& list = seconds[bytes];
      return list[probes[bytes]++ % list.size()];
    };
  }
  StopWatch watch() {
    return [this] { return now; };
  }
};

}  // namespace

TEST_CASE("Sizes go up in fours from 1 KiB to the largest") {
  CHECK(link_sizes(65536) == std::vector<std::size_t>{1024, 4096, 16384, 65536});
  CHECK(link_sizes(40000) == std::vector<std::size_t>{1024, 4096, 16384, 40000});
  CHECK(link_sizes(20000) == std::vector<std::size_t>{1024, 4096, 20000});
  CHECK(link_sizes(1) == std::vector<std::size_t>{1024, 4096});
}

TEST_CASE("A curve has the median of each size, the first probe of all left out") {
  FakeLink link;
  link.seconds[10] = {100, 3, 1, 2};
  link.seconds[20] = {9, 4, 5};
  LinkOptions options = options_for({10, 20});
  options.repeats = 3;
  const auto curve = measure_curve(link.probe(), options, link.watch());
  CHECK(curve == std::vector<CurvePoint>{{10, 2}, {20, 5}});
  CHECK(link.probes == std::map<std::size_t, std::size_t>{{10, 4}, {20, 3}});
}

TEST_CASE("Of an even number of probes the median lies between the middle two") {
  FakeLink link;
  link.seconds[10] = {100, 1, 8, 2, 4};
  LinkOptions options = options_for({10});
  options.repeats = 4;
  CHECK(measure_curve(link.probe(), options, link.watch()) == std::vector<CurvePoint>{{10, 3}});
}

TEST_CASE("A message takes no longer than a larger one") {
  FakeLink link;
  link.seconds[10] = {5};
  link.seconds[20] = {4};
  link.seconds[30] = {6};
  const auto curve = measure_curve(link.probe(), options_for({10, 20, 30}), link.watch());
  CHECK(curve == std::vector<CurvePoint>{{10, 4}, {20, 4}, {30, 6}});
}

TEST_CASE("No round begins when the time is up, but the first one always does") {
  FakeLink link;
  link.seconds[10] = link.seconds[20] = {1};
  LinkOptions options = options_for({10, 20});
  options.max_time_s = 4;  // one probe, and two rounds of two
  measure_curve(link.probe(), options, link.watch());
  CHECK(link.probes[20] == 2);
  options.max_time_s = 0;
  measure_curve(link.probe(), options, link.watch());
  CHECK(link.probes[20] == 3);
}
