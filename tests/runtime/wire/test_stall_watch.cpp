#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/wire/stall_watch.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

/// The checks of one system, which the test answers.
struct Asked {
  HealthCheck check(const std::string& system) {
    return {system,
            [this](double, std::function<void(bool)> done) { all.push_back(std::move(done)); }};
  }

  std::vector<std::function<void(bool)>> all;
};

}  // namespace

TEST_CASE("A system that answers its health checks is never reported") {
  Asked asked;
  StallWatch watch({asked.check("a")}, 1);
  for (int i = 0; i < 100; ++i) {
    CHECK(watch.step(0.1).empty());
    if (i % 5 == 4 && !asked.all.empty()) asked.all.back()(true);
  }
  CHECK(asked.all.size() > 5);
}

TEST_CASE("A silent system is reported within the time that it may be silent") {
  Asked silent;
  Asked answering;
  StallWatch watch({silent.check("a"), answering.check("b")}, 1);
  double elapsed_s = 0;
  std::vector<std::string> reported;
  while (reported.empty() && elapsed_s < 5) {
    reported = watch.step(0.1);
    elapsed_s += 0.1;
    if (!answering.all.empty()) answering.all.back()(true);
  }
  CHECK(reported == std::vector<std::string>{"a"});
  CHECK(elapsed_s > 0.7);
  CHECK(elapsed_s < 1.15);
}

TEST_CASE("A check that ended without an answer is silence, a late answer is a sign of life") {
  Asked asked;
  StallWatch watch({asked.check("a")}, 1);
  for (int i = 0; i < 6; ++i) CHECK(watch.step(0.1).empty());
  REQUIRE(asked.all.size() == 1);
  asked.all[0](false);
  CHECK(watch.step(0.1).empty());
  asked.all[0](true);
  for (int i = 0; i < 9; ++i) CHECK(watch.step(0.1).empty());
}

TEST_CASE("A pause of the process itself is not taken for silence of the others") {
  Asked asked;
  StallWatch watch({asked.check("a")}, 1);
  CHECK(watch.step(0.1).empty());
  REQUIRE(asked.all.size() == 1);
  CHECK(watch.step(3600).empty());
}

TEST_CASE("After a rest the first step sends checks again") {
  Asked asked;
  StallWatch watch({asked.check("a")}, 1);
  watch.step(0.1);
  watch.rest();
  watch.step(0.1);
  CHECK(asked.all.size() == 2);
}

TEST_CASE("A check that has been in flight for half of its time counts as waiting") {
  Asked asked;
  StallWatch watch({asked.check("a")}, 1);
  watch.step(0.1);
  CHECK_FALSE(watch.is_waiting_for("a"));
  for (int i = 0; i < 4; ++i) watch.step(0.1);
  CHECK(watch.is_waiting_for("a"));
  CHECK_FALSE(watch.is_waiting_for("b"));
  asked.all.back()(true);
  CHECK_FALSE(watch.is_waiting_for("a"));
}
