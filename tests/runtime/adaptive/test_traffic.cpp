#include <chrono>
#include <future>

#include "runtime/adaptive/traffic.hpp"
#include "runtime/adaptive_scene.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double long_s = 20;

/// Traffic over a plan in this process, whose requests wait until they may pass.
struct Scene {
  Scene() {
    lane->pipeline = fleet.pipeline({{"here", "wait"}}, {}, gate);
    traffic.cut_over(lane);
  }
  ~Scene() {
    gate->open();
    traffic.wait_until_empty();
    lane->pipeline = nullptr;  // not by the thread that has just answered the last request
  }

  void send() { traffic.send({float_tensor("x", {0, 0, 0, 0})}, answers.done()); }
  std::future<bool> gap(double latest_s) {
    return std::async(std::launch::async,
                      [this, latest_s] { return traffic.wait_for_gap(latest_s); });
  }

  Fleet fleet{{}};
  Answers answers;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  SharedLane lane = std::make_shared<Lane>();
  Traffic traffic{Clock::now(), 10};
};

}  // namespace

TEST_CASE("A gap between requests begins when the last one under way has ended") {
  Scene scene;
  scene.send();
  scene.send();
  auto gap = scene.gap(long_s);
  CHECK(gap.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  scene.gate->open();
  CHECK(gap.get());
  CHECK(scene.answers.wait(0).size() == 2);
}

TEST_CASE("Requests that leave no gap are waited for no longer than said") {
  Scene scene;
  scene.send();
  CHECK_FALSE(scene.traffic.wait_for_gap(0.01));
}

TEST_CASE("Nobody waits for a gap where no request has come for that long") {
  Scene scene;
  constexpr double latest_s = 0.2;
  scene.gap(latest_s).wait();  // however quiet it was before
  CHECK(scene.traffic.wait_for_gap(latest_s));
}

TEST_CASE("Nobody waits for a gap while requests wait for another plan") {
  Scene scene;
  scene.send();
  auto gap = scene.gap(long_s);
  scene.traffic.hold();
  CHECK(gap.get());
  CHECK(scene.answers.wait(0).empty());
}
