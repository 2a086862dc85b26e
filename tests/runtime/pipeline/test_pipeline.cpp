// Pipelines over workers.
#include <string>
#include <utility>
#include <vector>

#include "runtime/fleet.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using Stages = std::vector<std::pair<std::string, std::string>>;

std::vector<Tensor> input() { return {float_tensor("x", {1, 2, 3, 4})}; }

std::vector<float> outputs_of(const PipelineResult& result) {
  INFO("the failure: " << result.failure.message << " at " << result.failure.system);
  REQUIRE(result.is_answered);
  REQUIRE(result.outputs.size() == 1);
  return floats_of(result.outputs[0]);
}

double parts_of(const std::vector<HopTiming>& hops) {
  double seconds = 0;
  for (const HopTiming& hop : hops) {
    seconds += hop.serialise_s + hop.transfer_s + hop.deserialise_s + hop.queue_s + hop.compute_s;
  }
  return seconds;
}

}  // namespace

TEST_CASE("Pipelines of one to four workers compute the same as the stages in sequence") {
  const Fleet fleet({"a", "b", "c", "d"});
  const Stages all{{"a", "add 1"}, {"b", "multiply 2"}, {"c", "add 3"}, {"d", "multiply 4"}};
  const std::vector<std::vector<float>> expected{
      {2, 3, 4, 5}, {4, 6, 8, 10}, {7, 9, 11, 13}, {28, 36, 44, 52}};
  for (std::size_t count = 1; count <= 4; ++count) {
    CAPTURE(count);
    const auto pipeline =
        fleet.pipeline(Stages(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)));
    const PipelineResult result = pipeline->run(input());
    CHECK(outputs_of(result) == expected[count - 1]);
    CHECK(result.attempts == 1);
    REQUIRE(result.hops.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(result.hops[i].from == (i == 0 ? "here" : all[i - 1].first));
      CHECK(result.hops[i].to == all[i].first);
      CHECK(result.hops[i].bytes > 16);
      CHECK(result.hops[i].transfer_s > 0);
    }
    CHECK(parts_of(result.hops) <= result.latency_s);
  }
}

TEST_CASE("Stages may run in this process before, between and after workers") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = fleet.pipeline({{"here", "add 1"},
                                        {"a", "multiply 2"},
                                        {"here", "add 3"},
                                        {"b", "add 4"},
                                        {"here", "add 5"}});
  const PipelineResult result = pipeline->run(input());
  CHECK(outputs_of(result) == std::vector<float>{16, 18, 20, 22});
  REQUIRE(result.hops.size() == 5);
  CHECK(result.hops[3].from == "here");
  CHECK(result.hops[3].to == "b");
}

TEST_CASE("A worker may run several stages, one after another or with others between") {
  const Fleet fleet({"a", "b"});
  const auto pipeline =
      fleet.pipeline({{"a", "add 1"}, {"a", "multiply 2"}, {"b", "add 3"}, {"a", "multiply 4"}});
  CHECK(outputs_of(pipeline->run(input())) == std::vector<float>{28, 36, 44, 52});
}

TEST_CASE("A foreign server's stage is a separate call with the server's names of inputs") {
  const Fleet fleet({"a", "b", "c"});
  Segment other = small_segment();
  other.inputs[0].name = "INPUT__0";
  other.outputs[0].name = "OUTPUT__0";
  REQUIRE(fleet.workers.at("b")->deploy("theirs", "multiply 2", other).ok());
  std::vector<StageAssignment> assignments{
      fleet.assign("a", "add 1"), {"b", {}, {}, "theirs"}, fleet.assign("c", "add 3")};
  std::vector<PipelineStage> stages = deploy_stages("net", assignments, fleet.clients, {});
  CHECK(stages[1].is_foreign);
  CHECK(stages[1].input_names == std::vector<std::string>{"INPUT__0"});
  Pipeline pipeline(std::move(stages), {"here"});
  const PipelineResult result = pipeline.run(input());
  CHECK(outputs_of(result) == std::vector<float>{7, 9, 11, 13});
  REQUIRE(result.hops.size() == 3);
  CHECK(result.hops[2].from == "here");  // the caller carries the tensors
}

TEST_CASE("One stage computes while the next one holds another request") {
  Fleet fleet({});
  const auto first = std::make_shared<Gate>();
  const auto second = std::make_shared<Gate>();
  fleet.start(worker_options("a", first));
  fleet.start(worker_options("b", second));
  first->open();
  Collected results;
  const auto pipeline = fleet.pipeline({{"a", "wait"}, {"b", "wait"}});
  pipeline->send(input(), results.done());
  REQUIRE(second->wait_for_arrivals(1));
  pipeline->send(input(), results.done());
  CHECK(first->wait_for_arrivals(2));
  CHECK(second->arrived() == 1);
  CHECK(results.count() == 0);
  second->open();
  const auto all = results.wait(2);
  REQUIRE(all.size() == 2);
  CHECK(outputs_of(all[0]) == std::vector<float>{1, 2, 3, 4});
  CHECK(outputs_of(all[1]) == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("A call to a busy worker is retried, and fails as busy without retries") {
  Fleet fleet({});
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = worker_options("a", gate);
  options.limits.queued_requests = 1;
  fleet.start(std::move(options));
  PipelineOptions impatient;
  impatient.retries = 0;
  PipelineOptions patient;
  patient.retries = 1000;
  patient.deadline_s = 30;
  const auto once = fleet.pipeline({{"a", "wait"}}, impatient);
  const auto often = fleet.pipeline({{"a", "wait"}}, patient);
  Collected results;
  often->send(input(), results.done());
  REQUIRE(gate->wait_for_arrivals(1));
  for (int i = 0; i < 5; ++i) often->send(input(), results.done());
  const PipelineResult refused = once->run(input());
  CHECK_FALSE(refused.is_answered);
  CHECK(refused.failure.is_busy);
  CHECK(refused.failure.system == "a");
  gate->open();
  const auto all = results.wait(6);
  REQUIRE(all.size() == 6);
  for (const PipelineResult& result : all) {
    CHECK(outputs_of(result) == std::vector<float>{1, 2, 3, 4});
  }
}

TEST_CASE("A permanent failure of a stage fails its request, and names the system") {
  const Fleet fleet({"a", "b"});
  const auto pipeline = fleet.pipeline({{"a", "add 1"}, {"b", "mismatch"}});
  const PipelineResult result = pipeline->run(input());
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.system == "b");
  CHECK_FALSE(result.failure.is_transient);
  CHECK(result.attempts == 1);
}

TEST_CASE("A call to an unreachable worker is retried exactly as often as requested") {
  Fleet fleet({"a"});
  PipelineOptions options;
  options.retries = 2;
  options.backoff_s = 0.001;
  const auto pipeline = fleet.pipeline({{"a", "add 1"}}, options);
  fleet.workers.clear();
  const PipelineResult result = pipeline->run(input());
  CHECK_FALSE(result.is_answered);
  CHECK(result.failure.is_transient);
  CHECK(result.failure.system == "a");
  CHECK(result.attempts == 3);
}

TEST_CASE("An invalid pipeline is refused") {
  CHECK_ERROR(Pipeline({}, {}), ErrorCode::invalid_argument, "stage");
  PipelineStage nowhere;
  nowhere.system = "moon";
  CHECK_ERROR(Pipeline({nowhere}, {}), ErrorCode::invalid_argument, "moon");
}
