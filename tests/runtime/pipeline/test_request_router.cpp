#include <chrono>
#include <future>

#include "runtime/fleet.hpp"
#include "runtime/pipeline/request_router.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

constexpr double long_s = 20;

/// A router to a plan in this process, whose requests wait for a gate.
struct Scene {
  Scene() {
    plan->pipeline = fleet.pipeline({{"here", "wait"}}, {}, gate);
    router.cut_over(plan);
  }
  ~Scene() {
    gate->open();
    router.wait_until_empty();
    plan->pipeline = nullptr;  // not by the thread that has just answered the last request
  }

  void send() {
    router.route({float_tensor("x", {0, 0, 0, 0})},
                 [this](RoutedResult routed) { results.done()(std::move(routed.result)); });
  }
  std::future<bool> gap(double latest_s) {
    return std::async(std::launch::async,
                      [this, latest_s] { return router.wait_for_gap(latest_s); });
  }

  Fleet fleet{{}};
  Collected results;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  SharedPlan plan = std::make_shared<DeployedPlan>();
  RequestRouter router{
      10,
      {.on_completed = {}, .on_lost = [this](const SharedRequest& request, PipelineResult result) {
         router.give_up(request, std::move(result));
       }}};
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
  CHECK(scene.results.count() == 2);
}

TEST_CASE("The wait for a gap ends at its limit") {
  Scene scene;
  scene.send();
  CHECK_FALSE(scene.router.wait_for_gap(0.01));
}

TEST_CASE("There is no wait for a gap when no request has come for that long") {
  Scene scene;
  constexpr double latest_s = 0.2;
  scene.gap(latest_s).wait();  // regardless of what happened before
  CHECK(scene.router.wait_for_gap(latest_s));
}

TEST_CASE("There is no wait for a gap while requests wait for another plan") {
  Scene scene;
  scene.send();
  auto gap = scene.gap(long_s);
  scene.router.hold();
  CHECK(gap.get());
  CHECK(scene.results.count() == 0);
}
