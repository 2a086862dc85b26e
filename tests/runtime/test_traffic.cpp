#include <chrono>
#include <future>

#include "adaptive_scene.hpp"
#include "runtime/adaptive/traffic.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double long_s = 20;

/// Traffic over a plan that takes 0.3 s in this process.
struct Scene {
  Scene() {
    lane->pipeline = fleet.pipeline({{"here", "add 3 300"}});
    traffic.cut_over(lane);
  }
  ~Scene() { traffic.wait_until_empty(); }

  void send() { traffic.send({float_tensor("x", {0, 0, 0, 0})}, answers.done()); }
  std::future<void> gap(double latest_s) {
    return std::async(std::launch::async, [this, latest_s] { traffic.wait_for_gap(latest_s); });
  }

  Fleet fleet{{}};
  Answers answers;
  SharedLane lane = std::make_shared<Lane>();
  Traffic traffic{Clock::now(), 10};
};

}  // namespace

TEST_CASE("A gap between requests begins when the last one under way has ended") {
  Scene scene;
  scene.send();
  scene.send();
  CHECK(scene.traffic.wait_for_gap(long_s));
  CHECK(scene.answers.wait(0).size() == 2);
}

TEST_CASE("Requests that leave no gap are waited for no longer than said") {
  Scene scene;
  scene.send();
  CHECK_FALSE(scene.traffic.wait_for_gap(0.01));
  CHECK(scene.answers.wait(0).empty());
}

TEST_CASE("Nobody waits for a gap where no request has come for that long") {
  Scene scene;
  constexpr double latest_s = 0.2;
  scene.gap(latest_s).wait();  // however quiet it was before
  const auto begin = Clock::now();
  CHECK(scene.traffic.wait_for_gap(latest_s));
  CHECK(Clock::now() - begin < std::chrono::duration<double>(latest_s));
}

TEST_CASE("Nobody waits for a gap while requests wait for another plan") {
  Scene scene;
  scene.send();
  auto gap = scene.gap(long_s);
  scene.traffic.hold();
  gap.wait();
  scene.traffic.cut_over(scene.lane);
  CHECK(scene.answers.wait(0).empty());
}
