// The cost of observing a request and of the decision after it, on the example's
// profiles. Run in the project's folder.
#include <benchmark/benchmark.h>

#include <string>

#include "control/random_stream.hpp"
#include "scission/control.hpp"
#include "scission/profile.hpp"

namespace {

using namespace scission;

PartitionProblem example(const std::string& model) {
  return make_problem(read_profiles("data/example"), read_network("data/example/network.csv"),
                      model);
}

/// The observations of one request, with fresh noise.
class Requests {
 public:
  explicit Requests(const std::string& model)
      : problem_(example(model)), controller(problem_, Query{}) {}

  void observe() {
    now_s += 0.5;
    const Plan& plan = controller.running();
    const PlanCost cost = scission::plan_cost(problem_, plan, Query{}.input_bytes);
    for (const Hop& hop : cost.hops) {
      controller.observe(HopObservation{hop.from, hop.to, hop.bytes, hop.seconds * noise()}, now_s);
    }
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      const Stage& stage = plan.stages[i];
      controller.observe(StageObservation{stage.system, stage.first_block, stage.last_block,
                                          cost.stage_s[i] * noise()},
                         now_s);
    }
  }

  double noise() { return random_.factor(0.2); }

 private:
  PartitionProblem problem_;
  RandomStream random_{1, 0};

 public:
  Controller controller;
  double now_s = 0;
};

void observe_hop(benchmark::State& state, const char* model) {
  Requests requests(model);
  double now_s = 0;
  const double seconds[] = {0.020 * requests.noise(), 0.020 * requests.noise(),
                            0.020 * requests.noise(), 0.020 * requests.noise()};
  int turn = 0;
  for (auto round : state) {
    now_s += 0.5;
    requests.controller.observe(HopObservation{0, 1, 150'000, seconds[++turn % 4]}, now_s);
  }
}

void observe_stage(benchmark::State& state, const char* model) {
  Requests requests(model);
  const int last_block = example(model).block_count() - 1;
  double now_s = 0;
  const double seconds[] = {0.1 * requests.noise(), 0.1 * requests.noise(), 0.1 * requests.noise(),
                            0.1 * requests.noise()};
  int turn = 0;
  for (auto round : state) {
    now_s += 0.5;
    requests.controller.observe(StageObservation{1, 0, last_block, seconds[++turn % 4]}, now_s);
  }
}

// Every request has moved the estimates, so every decision searches again.
void decide(benchmark::State& state, const char* model) {
  Requests requests(model);
  for (auto round : state) {
    state.PauseTiming();
    requests.observe();
    state.ResumeTiming();
    benchmark::DoNotOptimize(requests.controller.decide(requests.now_s));
  }
}

void wanted_probes(benchmark::State& state, const char* model) {
  Requests requests(model);
  for (auto round : state) {
    state.PauseTiming();
    requests.observe();
    state.ResumeTiming();
    benchmark::DoNotOptimize(requests.controller.wanted_probes(requests.now_s));
  }
}

BENCHMARK_CAPTURE(observe_hop, resnet50, "resnet50");
BENCHMARK_CAPTURE(observe_stage, resnet50, "resnet50");
BENCHMARK_CAPTURE(decide, resnet50, "resnet50");
BENCHMARK_CAPTURE(decide, vgg19, "vgg19");
BENCHMARK_CAPTURE(decide, mobilenet, "mobilenet");
BENCHMARK_CAPTURE(wanted_probes, resnet50, "resnet50");
BENCHMARK_CAPTURE(wanted_probes, vgg19, "vgg19");
BENCHMARK_CAPTURE(wanted_probes, mobilenet, "mobilenet");

}  // namespace

BENCHMARK_MAIN();
