// Finding cuts and ordering layers, from 100 to 5,000 layers: both grow in step with the layers.
#include <benchmark/benchmark.h>

#include <map>
#include <random>

#include "model/layer_order.hpp"
#include "scission/model.hpp"
#include "support/random_graph.hpp"

namespace {

using namespace scission;

// Cells of about 36 layers, made once each.
const ModelGraph& network(std::int64_t layers) {
  static std::map<std::int64_t, ModelGraph> networks;
  const auto known = networks.find(layers);
  if (known != networks.end()) return known->second;
  std::mt19937 random(1);
  const int cells = static_cast<int>(layers / 36);
  return networks.emplace(layers, testing::cell_graph(random, cells)).first->second;
}

void finding_cuts(benchmark::State& state, CutKind kind) {
  const ModelGraph& graph = network(state.range(0));
  for (auto round : state) benchmark::DoNotOptimize(find_cuts(graph, kind));
  state.SetComplexityN(static_cast<std::int64_t>(graph.layers.size()));
}

void ordering(benchmark::State& state) {
  const ModelGraph& graph = network(state.range(0));
  for (auto round : state) benchmark::DoNotOptimize(compact_order(graph));
  state.SetComplexityN(static_cast<std::int64_t>(graph.layers.size()));
}

void grow(benchmark::internal::Benchmark* family) {
  family->ArgName("layers")->Unit(benchmark::kMillisecond);
  for (int layers : {100, 300, 1000, 2000, 5000}) family->Arg(layers);
  family->Complexity(benchmark::oAuto);
}

BENCHMARK_CAPTURE(finding_cuts, single, CutKind::single)->Apply(grow);
BENCHMARK_CAPTURE(finding_cuts, frontier, CutKind::frontier)->Apply(grow);
BENCHMARK(ordering)->Apply(grow);

}  // namespace

BENCHMARK_MAIN();
