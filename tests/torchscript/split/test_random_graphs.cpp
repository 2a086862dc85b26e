// Whatever a model does: every cut found gives its bits back, and every other place has a reason.
#include <algorithm>

#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "support/catch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/random_module.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::inputs_for;
using scission::testing::random_module;
using scission::testing::RandomModule;
using scission::testing::run_chain;
using scission::testing::run_plainly;

std::vector<SplitOptions> every_option() {
  std::vector<SplitOptions> all;
  for (const CutKind cuts : {CutKind::single, CutKind::frontier, CutKind::original}) {
    for (const Granularity granularity :
         {Granularity::operation, Granularity::layer, Granularity::block}) {
      for (const LayerOrder order : {LayerOrder::file, LayerOrder::compact}) {
        all.push_back({cuts, granularity, order});
      }
    }
  }
  return all;
}

// After each layer there is a cut, or a reason why not.
bool every_place_is_explained(const SplitModel& model) {
  std::vector<int> places;
  for (const Cut& cut : model.cuts().cuts) places.push_back(cut.layer);
  for (const Rejection& rejection : model.cuts().rejected) {
    if (rejection.reason.empty()) return false;
    places.push_back(rejection.layer);
  }
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] != static_cast<int>(i)) return false;
  }
  return places.size() == model.graph().layers.size();
}

bool statistics_make_sense(const ModelGraph& graph) {
  const LayerStatistics whole = model_statistics(graph);
  std::int64_t largest = 0;
  for (const LayerStatistics& layer : layer_statistics(graph)) {
    if (std::min({layer.parameters, layer.weight_bytes, layer.flops, layer.macs,
                  layer.activation_bytes, layer.peak_activation_bytes}) < 0) {
      return false;
    }
    largest = std::max(largest, layer.peak_activation_bytes);
  }
  return largest == whole.peak_activation_bytes && largest > 0;
}

// Some of the cuts, the last one always among them.
std::vector<Cut> some(const std::vector<Cut>& cuts, std::mt19937& random) {
  std::vector<Cut> chosen;
  for (const Cut& cut : cuts) {
    if (&cut == &cuts.back() || random() % 2 == 0) chosen.push_back(cut);
  }
  return chosen;
}

// LibTorch's interpreter itself fails on a few models.
bool runs(const RandomModule& made) {
  try {
    run_plainly(made.module, inputs_for(made, 2));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// With other numbers than those the model was traced with, its branches may go the other way.
bool is_exact(const std::vector<torch::jit::Module>& segments, const RandomModule& made,
              std::int64_t batch, double factor = 1) {
  std::vector<at::Tensor> inputs = inputs_for(made, batch);
  for (at::Tensor& input : inputs) input = input * factor;
  return bit_equal(run_chain(segments, inputs), run_plainly(made.module, inputs));
}

void check(const RandomModule& made, const SplitOptions& options, std::mt19937& random) {
  INFO(to_string(options.cuts) << " cuts, granularity " << to_string(options.granularity) << ", "
                               << to_string(*options.order) << " order");
  const SplitModel model(made.module, "random", inputs_for(made, 2), options);
  CHECK(every_place_is_explained(model));
  CHECK(statistics_make_sense(model.graph()));
  CHECK(scission::testing::chain_is_exact(*make_runnable(model)));
  const std::vector<Cut> chosen = some(model.cuts().cuts, random);
  const std::vector<torch::jit::Module> segments = model.segments(chosen);
  for (const double factor : {1.0, -1.0, 0.01}) CHECK(is_exact(segments, made, 2, factor));
  if (!model.runs_on_any_batch(chosen)) return;
  for (const std::int64_t batch : {1, 3, 5, 19}) CHECK(is_exact(segments, made, batch));
}

}  // namespace

TEST_CASE("Every cut of a random model gives the whole model's bits") {
  int skipped = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const RandomModule made = random_module(random, 6 + static_cast<int>(seed % 20));
    INFO("seed " << seed << "\n" << made.source);
    if (!runs(made)) {
      ++skipped;
      continue;
    }
    try {
      for (const SplitOptions& options : every_option()) check(made, options, random);
    } catch (const Error& error) {
      CHECK(made.changes_attributes);
      CHECK(error.message().find("keeps state") != std::string::npos);
    }
  }
  CHECK(skipped < 3);
}

}  // namespace scission::torchscript
