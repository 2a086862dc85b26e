#include "runtime/adaptive/observations.hpp"

#include <algorithm>
#include <deque>
#include <memory>

#include "runtime/adaptive_scene.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

HopTiming hop(double serialise_s, double transfer_s, double deserialise_s, double compute_s) {
  HopTiming timing;
  timing.serialise_s = serialise_s;
  timing.transfer_s = transfer_s;
  timing.deserialise_s = deserialise_s;
  timing.queue_s = 100;
  timing.compute_s = compute_s;
  return timing;
}

const StagePlace local = StagePlace::local;
const StagePlace remote = StagePlace::worker;

}  // namespace

TEST_CASE("A hop is serialising, transfer and deserialising; queueing is left out") {
  const Observations seen = observations_of(two_blocks(), 16, first_here, {local, remote},
                                            {hop(0, 0, 0, 0.02), hop(1, 2, 4, 0.5)});
  REQUIRE(seen.hops.size() == 1);
  CHECK(seen.hops[0].from == here);
  CHECK(seen.hops[0].to == a);
  CHECK(seen.hops[0].bytes == 16);
  CHECK(seen.hops[0].seconds == Approx(7));
  REQUIRE(seen.stages.size() == 2);
  CHECK(seen.stages[0].seconds == 0.02);
  CHECK(seen.stages[1].system == a);
  CHECK(seen.stages[1].first_block == 1);
  CHECK(seen.stages[1].seconds == 0.5);
}

TEST_CASE("A transfer back to this process has its share of the hop before") {
  PartitionProblem problem = two_blocks();
  problem.links[a * 3 + here] = Link{6, 100};  // to there it takes 2 ms
  const Observations seen = observations_of(problem, 16, {here, {{a, 0, 0}, {here, 1, 1}}},
                                            {remote, local}, {hop(0, 0.8, 0, 1), hop(0, 0, 0, 1)});
  REQUIRE(seen.hops.size() == 2);
  CHECK(seen.hops[0].from == a);
  CHECK(seen.hops[0].to == here);
  CHECK(seen.hops[1].from == here);
  CHECK(seen.hops[0].seconds + seen.hops[1].seconds == Approx(0.8));
  CHECK(seen.hops[0].seconds == Approx(0.6).epsilon(0.001));
}

TEST_CASE("A coded hop is observed with the bytes of its codec, and without its coding") {
  PartitionProblem problem = two_blocks();
  CodecCosts fp16;
  fp16.name = "fp16";
  fp16.bytes = {8, 7, 6};
  problem.codecs = {fp16};
  HopTiming coded = hop(1, 2, 4, 0.5);
  coded.codec = "fp16";
  coded.encode_s = coded.decode_s = 50;
  Plan plan = first_here;
  plan.codecs = {Plan::raw, 0, Plan::raw};
  const Observations seen =
      observations_of(problem, 16, plan, {local, remote}, {hop(0, 0, 0, 0.02), coded});
  REQUIRE(seen.hops.size() == 1);
  CHECK(seen.hops[0].bytes == 7);
  CHECK(seen.hops[0].seconds == Approx(7));
}

TEST_CASE("What foreign servers do not report is left out, and so are the times of another plan") {
  const Observations foreign =
      observations_of(two_blocks(), 16, first_here, {local, StagePlace::foreign},
                      {hop(0, 0, 0, 0.02), hop(1, 2, 4, 0)});
  CHECK(foreign.hops.empty());
  CHECK(foreign.stages.size() == 1);
  const Observations other =
      observations_of(two_blocks(), 16, first_here, {local, remote}, {hop(1, 1, 1, 1)});
  CHECK(other.hops.empty());
  CHECK(other.stages.empty());
}

TEST_CASE("Of transfers that overlap only the fastest in a time window is observed") {
  const PartitionProblem problem = two_blocks();
  OverlapFilter filter(problem, 1);
  const auto passes = [&](double seconds, bool is_alone, double now_s) {
    std::vector<HopObservation> hops{{here, a, 16, seconds}};
    filter.filter(hops, is_alone, now_s);
    return hops.empty() ? 0 : hops[0].seconds;
  };
  CHECK(passes(0.5, true, 0) == 0.5);
  CHECK(passes(0.4, false, 0.1) == 0);
  CHECK(passes(0.2, false, 0.5) == 0);
  CHECK(passes(0.3, false, 1.2) == 0.2);
  CHECK(passes(0.3, false, 1.3) == 0);
  CHECK(passes(0.9, true, 1.4) == 0.9);
  CHECK(passes(0.6, false, 1.5) == 0);
  CHECK(passes(0.7, false, 2.6) == 0.6);
}

TEST_CASE(
    "A request is sent again where the plan of before takes far longer than the running one") {
  CHECK_FALSE(is_overtaken({.age_s = 0.1, .usual_s = 0.1, .expected_s = 0.2}, 0.1));
  // Many slow answers have made it usual to take long.
  CHECK(is_overtaken({.age_s = 3, .usual_s = 5, .expected_s = 2.5 * 20}, 0.2));
  CHECK(is_overtaken({.age_s = 3, .usual_s = 0.1, .expected_s = 0.1}, 0.2));
  CHECK_FALSE(is_overtaken({.age_s = 1, .usual_s = 5, .expected_s = 1.2}, 0.2));
}

namespace {

/// Requests through a link that serves one after the other, on simulated time.
class QueueOnLink {
 public:
  QueueOnLink() : observer_(problem_, query_, controller, 1) {
    plan_->plan = all_on_a;
    plan_->places = {remote};
  }

  /// Sends a request every 0.2 s whose transfer takes `transfer_s` alone, and passes the controller
  /// what is known every 0.4 s, until `until_s`. Returns when it first decided to switch.
  double run(double transfer_s, double until_s) {
    double decided_s = until_s;
    for (; now_s_ < until_s; now_s_ += 0.01) {
      if (now_s_ >= next_request_s_) send(transfer_s);
      if (now_s_ < next_step_s_) continue;
      next_step_s_ = now_s_ + 0.4;
      if (step()) decided_s = std::min(decided_s, now_s_);
    }
    return decided_s;
  }

  double estimated_s() const {
    return plan_cost(controller.estimated(now_s_), all_on_a, query_.input_bytes).latency_s;
  }

  Controller controller{two_blocks(), any_way(), {}, all_on_a};

 private:
  struct Sent {
    double at_s = 0;
    double end_s = 0;
    int ahead = 0;
    int number = 0;
  };

  void send(double transfer_s) {
    next_request_s_ += 0.2;
    link_free_s_ = std::max(link_free_s_, now_s_) + transfer_s;
    sent_.push_back({now_s_, link_free_s_, static_cast<int>(sent_.size()), ++number_});
  }

  // As AdaptationLoop::step().
  bool step() {
    for (; !sent_.empty() && sent_.front().end_s <= now_s_; sent_.pop_front()) {
      const Sent& ended = sent_.front();
      const double latency_s = ended.end_s - ended.at_s;
      const auto later = std::count_if(sent_.begin(), sent_.end(), [&](const Sent& other) {
        return other.number > ended.number && other.at_s < ended.end_s;
      });
      observer_.observe({plan_,
                         {hop(0, latency_s, 0, 0.002)},
                         ended.ahead + static_cast<int>(later),
                         ended.end_s,
                         latency_s});
    }
    std::vector<InFlightRequest> in_flight;
    for (const Sent& request : sent_) {
      in_flight.push_back({plan_, now_s_ - request.at_s, request.ahead});
    }
    if (!in_flight.empty()) observer_.observe_overdue(in_flight, plan_, now_s_);
    return controller.decide(now_s_).is_switch();
  }

  const PartitionProblem problem_ = two_blocks();
  const Query query_ = any_way();
  SharedPlan plan_ = std::make_shared<DeployedPlan>();
  RequestObserver observer_;
  std::deque<Sent> sent_;
  double now_s_ = 0;
  double next_request_s_ = 0;
  double next_step_s_ = 0;
  double link_free_s_ = 0;
  int number_ = 0;
};

}  // namespace

TEST_CASE(
    "Under load a link that became slow is left within 2 s, and stays slow until it is left") {
  const double slow_s = GENERATE(0.1, 0.3, 1.0, 2.4, 5.0);
  CAPTURE(slow_s);
  QueueOnLink link;
  CHECK(link.run(0.002, 10) == 10);
  CHECK(link.run(slow_s, 12) < 12);
  // While the next plan is deployed, requests that end with their stages' usual times must not
  // refute what the overdue ones have said.
  for (double now_s = 12.5; now_s < 25; now_s += 0.5) {
    link.run(slow_s, now_s);
    CAPTURE(now_s);
    CHECK(link.estimated_s() > 0.02);  // b takes 18 ms
  }
}
