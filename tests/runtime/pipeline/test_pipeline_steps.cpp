#include "runtime/pipeline/pipeline_steps.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

StageTiming stage(double deserialise, double queue, double compute, double serialise, double next) {
  StageTiming timing;
  timing.deserialise_s = deserialise;
  timing.queue_s = queue;
  timing.compute_s = compute;
  timing.serialise_s = serialise;
  timing.next_s = next;
  timing.total_s = deserialise + queue + compute + serialise + next;
  timing.received_bytes = 100;
  return timing;
}

double sum(const std::vector<HopTiming>& hops) {
  double seconds = 0;
  for (const HopTiming& hop : hops) {
    seconds += hop.serialise_s + hop.transfer_s + hop.deserialise_s + hop.queue_s + hop.compute_s;
  }
  return seconds;
}

}  // namespace

TEST_CASE("The time of a call is the sum of its hops") {
  InferAnswer answer;
  answer.serialise_s = 1;
  answer.deserialise_s = 2;
  answer.sent_bytes = 99;
  answer.stages = {stage(1, 2, 3, 4, 50), stage(5, 6, 7, 8, 0)};  // in all 60 and 26
  answer.call_s = 75;
  const auto hops = hops_of_call("pi", {"edge", "cloud"}, answer);
  REQUIRE(hops.size() == 2);
  CHECK(hops[0].from == "pi");
  CHECK(hops[0].to == "edge");
  CHECK(hops[0].bytes == 100);
  CHECK(hops[0].serialise_s == 1);
  CHECK(hops[0].transfer_s == 15);
  CHECK(hops[0].deserialise_s == 1);
  CHECK(hops[0].queue_s == 2);
  CHECK(hops[0].compute_s == 3);
  CHECK(hops[1].from == "edge");
  CHECK(hops[1].to == "cloud");
  CHECK(hops[1].serialise_s == 4 + 8);  // the answer's too
  CHECK(hops[1].transfer_s == 24);
  CHECK(hops[1].deserialise_s == 5 + 2);
  CHECK(hops[1].queue_s == 6);
  CHECK(hops[1].compute_s == 7);
  CHECK(sum(hops) == 1 + 75 + 2);
}

TEST_CASE("The time of a server without timings is a transfer") {
  InferAnswer answer;
  answer.serialise_s = 1;
  answer.deserialise_s = 2;
  answer.sent_bytes = 99;
  answer.call_s = 75;
  const auto hops = hops_of_call("pi", {"triton"}, answer);
  REQUIRE(hops.size() == 1);
  CHECK(hops[0].bytes == 99);
  CHECK(hops[0].transfer_s == 75);
  CHECK(sum(hops) == 78);
}

TEST_CASE("A transfer time is never negative") {
  InferAnswer answer;
  answer.stages = {stage(1, 0, 0, 0, 0)};
  answer.call_s = 0.5;
  CHECK(hops_of_call("pi", {"edge"}, answer)[0].transfer_s == 0);
}
