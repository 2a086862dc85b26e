// Reading a model, finding its cuts and building every block's runnable, from 100 to 5,000 layers:
// all grows in step with the layers.
#include <benchmark/benchmark.h>

#include <map>

#include "residual_chain.hpp"
#include "scission/torchscript/execute/execute.hpp"

namespace {

using namespace scission;

// Made once each.
const torch::jit::Module& model(int layers) {
  static std::map<int, torch::jit::Module> models;
  const auto known = models.find(layers);
  if (known != models.end()) return known->second;
  constexpr int layers_a_unit = 4;
  return models.emplace(layers, bench::residual_chain(layers / layers_a_unit)).first->second;
}

void splitting(benchmark::State& state, CutKind cuts, LayerOrder order) {
  const torch::jit::Module& module = model(static_cast<int>(state.range(0)));
  const at::Tensor input = torch::ones({1, 4, 8, 8});
  std::size_t layers = 0;
  std::size_t blocks = 0;
  for (auto round : state) {
    const auto runnable =
        torchscript::make_runnable(module, "chain", {input}, {cuts, Granularity::layer, order});
    layers = runnable->graph().layers.size();
    blocks = runnable->blocks().size();
  }
  state.SetComplexityN(static_cast<std::int64_t>(layers));
  state.counters["blocks"] = static_cast<double>(blocks);
  state.counters["a_layer"] = benchmark::Counter(
      static_cast<double>(layers),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void grow(benchmark::internal::Benchmark* family) {
  family->ArgName("layers")->Unit(benchmark::kMillisecond);
  for (int layers : {100, 300, 1000, 2000, 5000}) family->Arg(layers);
  family->Complexity(benchmark::oAuto);
}

BENCHMARK_CAPTURE(splitting, single, CutKind::single, LayerOrder::file)->Apply(grow);
BENCHMARK_CAPTURE(splitting, frontier, CutKind::frontier, LayerOrder::compact)->Apply(grow);

}  // namespace

BENCHMARK_MAIN();
