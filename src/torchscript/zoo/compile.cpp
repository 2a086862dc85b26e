#include "torchscript/zoo/compile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "torchscript/zoo/weights.hpp"

namespace scission::torchscript::zoo {
namespace {

using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

const char* const class_prefix = "__torch__.scission.";

/// "x0: Tensor, x1: Tensor"
std::string parameter_list(std::size_t count) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < count; ++i) parts.push_back(fmt::format("x{}: Tensor", i));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string layer_source(const LayerSpec& layer) {
  return fmt::format("def forward(self, {}) -> Tensor:\n  return {}\n",
                     parameter_list(layer.inputs.size()), layer.expression);
}

/// Every layer's output is a variable of the layer's name.
std::string model_source(const ModelSpec& spec) {
  std::string source =
      fmt::format("def forward(self, {}: Tensor) -> Tensor:\n", spec.layers.front().name);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    std::vector<std::string> inputs;
    for (const int input : layer.inputs) inputs.push_back(spec.layers[input].name);
    source += fmt::format("  {0} = self.{0}.forward({1})\n", layer.name, fmt::join(inputs, ", "));
  }
  return source + fmt::format("  return {}\n", spec.layers.back().name);
}

torch::jit::Module new_module(const std::string& class_name, const Unit& unit) {
  torch::jit::Module module(c10::QualifiedName(class_prefix + class_name), unit, true);
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

/// The classes of a model's layers, made when first needed.
class LayerClasses {
 public:
  explicit LayerClasses(Unit unit) : unit_(std::move(unit)) {}

  /// A layer whose weights are still to be set.
  torch::jit::Module instantiate(const LayerSpec& layer) {
    c10::ClassTypePtr& type = classes_[layer.type + layer_source(layer)];
    if (!type) type = define(layer);
    torch::jit::Module module(unit_, type);
    module.setattr("training", false);
    return module;
  }

 private:
  c10::ClassTypePtr define(const LayerSpec& layer) {
    torch::jit::Module module = new_module(layer.type, unit_);
    for (const WeightSpec& weight : layer.weights) {
      module.type()->addAttribute(weight.name, c10::TensorType::get(), weight.trainable,
                                  !weight.trainable);
    }
    module.define(layer_source(layer));
    return module.type();
  }

  Unit unit_;
  std::map<std::string, c10::ClassTypePtr> classes_;
};

}  // namespace

torch::jit::Module compile(const ModelSpec& spec, std::uint64_t seed) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  LayerClasses classes(unit);
  WeightStream weights(seed);
  torch::jit::Module model = new_module(spec.name, unit);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    torch::jit::Module module = classes.instantiate(layer);
    for (const WeightSpec& weight : layer.weights) {
      module.setattr(weight.name, weights.draw(weight));
    }
    model.register_module(layer.name, module);
  }
  model.define(model_source(spec));
  return model;
}

}  // namespace scission::torchscript::zoo
