// Every built-in model as it runs.
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/script.h>

#include <map>
#include <set>

#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/zoo/zoo_noise.hpp"
#include "zoo/models.hpp"

namespace scission::torchscript {
namespace {

using scission::testing::noise;

/// One layer of a built model, as it ran.
struct RunLayer {
  std::string name;
  std::string type;
  std::int64_t parameters = 0;
  zoo::Shape output;   ///< without the batch
  double largest = 0;  ///< of the output's magnitudes
};

std::int64_t count_parameters(const torch::jit::Module& module) {
  std::int64_t sum = 0;
  for (const at::Tensor& weight : module.parameters()) sum += weight.numel();
  for (const at::Tensor& weight : module.buffers()) sum += weight.numel();
  return sum;
}

RunLayer run_layer(const std::string& name, const torch::jit::Module& module,
                   const at::Tensor& output) {
  return {name, module.type()->name()->name(), count_parameters(module),
          output.sizes().slice(1).vec(), output.abs().max().item<double>()};
}

/// Outputs that are still to be read.
class Values {
 public:
  void set(const torch::jit::Value* value, at::Tensor tensor) {
    tensors_[value] = {std::move(tensor), value->uses().size()};
  }
  at::Tensor read(const torch::jit::Value* value) {
    auto& [tensor, uses] = tensors_.at(value);
    at::Tensor result = tensor;
    if (--uses == 0) tensors_.erase(value);
    return result;
  }

 private:
  std::map<const torch::jit::Value*, std::pair<at::Tensor, std::size_t>> tensors_;
};

struct Run {
  std::vector<RunLayer> layers;
  at::Tensor output;
};

/// Runs the model call by call, as its forward() says.
Run run_layers(const torch::jit::Module& model, const at::Tensor& input) {
  const auto graph = model.get_method("forward").graph();
  Run run{{{"input_1", "InputLayer", 0, input.sizes().slice(1).vec(), 0}}, input};
  Values values;
  values.set(graph->inputs()[1], input);
  for (const torch::jit::Node* node : graph->nodes()) {
    if (node->kind() != torch::jit::prim::CallMethod) continue;
    const std::string name = node->input(0)->node()->s(torch::jit::attr::name);
    torch::jit::Module layer = model.attr(name).toModule();
    std::vector<torch::jit::IValue> inputs;
    for (const torch::jit::Value* value : node->inputs().slice(1)) {
      inputs.push_back(values.read(value));
    }
    run.output = layer.forward(inputs).toTensor();
    values.set(node->output(), run.output);
    run.layers.push_back(run_layer(name, layer, run.output));
  }
  return run;
}

/// The names of the submodules that nodes of the frozen graph come from.
std::set<std::string> frozen_layers(const torch::jit::Module& model) {
  const torch::jit::Module frozen = torch::jit::freeze_module(model);
  std::set<std::string> names;
  for (const torch::jit::Node* node : frozen.get_method("forward").graph()->nodes()) {
    if (node->kind() == torch::jit::prim::Constant) continue;
    REQUIRE(node->callstack());
    const auto instance = (*node->callstack())->module_instance();
    REQUIRE(instance);
    names.insert(instance->instance_name());
  }
  return names;
}

void check_layer(const RunLayer& layer, const zoo::LayerSpec& spec) {
  INFO(layer.name);
  CHECK(layer.name == spec.name);
  CHECK(layer.type == spec.type);
  CHECK(layer.parameters == zoo::parameters(spec));
  CHECK(layer.output == spec.output);
  CHECK(layer.largest > 1e-3);
  CHECK(layer.largest < 1e3);
}

/// Neither certain nor indifferent.
void check_answer(const at::Tensor& output, std::int64_t classes) {
  CHECK(output.sizes() == at::IntArrayRef{1, classes});
  CHECK(output.sum().item<float>() == Approx(1).epsilon(1e-4));
  CHECK(output.max().item<float>() < 0.5F);
  CHECK(output.max().item<float>() > 2.F / static_cast<float>(classes));
}

TEST_CASE("Every model runs as described, layer by layer, and its activations stay sane") {
  const torch::NoGradGuard no_grad;
  for (const zoo::ModelEntry& entry : zoo::all_models()) {
    INFO(entry.name);
    const zoo::ModelSpec spec = entry.make();
    const Run run = run_layers(build_zoo_model(entry.name), noise(find_zoo_model(entry.name)));
    REQUIRE(run.layers.size() == spec.layers.size());
    for (std::size_t i = 1; i < run.layers.size(); ++i) check_layer(run.layers[i], spec.layers[i]);
    check_answer(run.output, entry.name == "lenet" ? 10 : 1000);
  }
}

TEST_CASE("Every layer survives freezing under the name of its submodule") {
  for (const ZooModel& model : zoo_models()) {
    INFO(model.name);
    const torch::jit::Module module = build_zoo_model(model.name);
    std::set<std::string> expected;
    for (const auto& child : module.named_children()) expected.insert(child.name);
    CHECK(static_cast<int>(expected.size()) == model.layers - 1);
    CHECK(frozen_layers(module) == expected);
  }
}

TEST_CASE("A model takes images in batches") {
  const torch::NoGradGuard no_grad;
  const PlainExecution plain;  // LibTorch 2 compiles for minutes otherwise
  for (const char* name : {"mobilenetv2", "nasnetmobile", "lenet"}) {
    INFO(name);
    const at::Tensor images = noise(find_zoo_model(name), 2);
    torch::jit::Module model = build_zoo_model(name);
    const at::Tensor both = model.forward({images}).toTensor();
    const at::Tensor second = model.forward({images.slice(0, 1)}).toTensor();
    CHECK(both.size(0) == 2);
    CHECK(torch::allclose(both.slice(0, 1), second, 1e-3, 1e-6));
  }
}

}  // namespace
}  // namespace scission::torchscript
