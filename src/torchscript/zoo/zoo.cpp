#include "scission/torchscript/zoo/zoo.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <utility>

#include "scission/model.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/zoo/compile.hpp"
#include "zoo/models.hpp"

namespace scission::torchscript {
namespace {

constexpr int original_model_count = 18;  ///< the first of all_models()

using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

const char* const class_prefix = "__torch__.scission.";

/// "x0: Tensor, x1: Tensor"
std::string parameter_list(std::size_t count) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < count; ++i) parts.push_back(fmt::format("x{}: Tensor", i));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string layer_source(const zoo::LayerSpec& layer) {
  return fmt::format("def forward(self, {}) -> Tensor:\n  return {}\n",
                     parameter_list(layer.inputs.size()), layer.expression);
}

/// Each layer's output is a variable named after the layer.
std::string model_source(const zoo::ModelSpec& spec) {
  std::string source =
      fmt::format("def forward(self, {}: Tensor) -> Tensor:\n", spec.layers.front().name);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const zoo::LayerSpec& layer = spec.layers[i];
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

/// The classes of a model's layers, defined when first needed.
class LayerClasses {
 public:
  explicit LayerClasses(Unit unit) : unit_(std::move(unit)) {}

  /// A layer with undefined weights.
  torch::jit::Module instantiate(const zoo::LayerSpec& layer) {
    c10::ClassTypePtr& type = classes_[layer.type + layer_source(layer)];
    if (!type) type = define(layer);
    torch::jit::Module module(unit_, type);
    module.setattr("training", false);
    return module;
  }

 private:
  c10::ClassTypePtr define(const zoo::LayerSpec& layer) {
    torch::jit::Module module = new_module(layer.type, unit_);
    for (const zoo::WeightSpec& weight : layer.weights) {
      module.type()->addAttribute(weight.name, c10::TensorType::get(), weight.is_trainable,
                                  !weight.is_trainable);
    }
    module.define(layer_source(layer));
    return module.type();
  }

  Unit unit_;
  std::map<std::string, c10::ClassTypePtr> classes_;
};

ZooModel described(const zoo::ModelSpec& spec) {
  const zoo::Shape& input = spec.layers.front().output;
  ZooModel model;
  model.name = spec.name;
  model.channels = static_cast<int>(input[0]);
  model.height = static_cast<int>(input[1]);
  model.width = static_cast<int>(input[2]);
  model.preprocessing = spec.preprocessing;
  model.layers = static_cast<int>(spec.layers.size());
  model.cuts = static_cast<int>(find_cuts(zoo::model_graph(spec), CutKind::single).cuts.size());
  model.parameters = zoo::parameters(spec);
  model.flops = zoo::flops(spec);
  return model;
}

}  // namespace

torch::jit::Module compile(const zoo::ModelSpec& spec, std::uint64_t seed) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  LayerClasses classes(unit);
  zoo::WeightStream weights(seed);
  torch::jit::Module model = new_module(spec.name, unit);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const zoo::LayerSpec& layer = spec.layers[i];
    torch::jit::Module module = classes.instantiate(layer);
    for (const zoo::WeightSpec& weight : layer.weights) {
      const at::Tensor tensor = at::empty(weight.shape, at::TensorOptions(at::kFloat));
      weights.draw(weight, tensor.data_ptr<float>());
      module.setattr(weight.name, tensor);
    }
    model.register_module(layer.name, module);
  }
  model.define(model_source(spec));
  return model;
}

const std::vector<ZooModel>& zoo_models() {
  static const std::vector<ZooModel> models = [] {
    std::vector<ZooModel> all;
    for (const zoo::ModelEntry& entry : zoo::all_models()) all.push_back(described(entry.make()));
    for (int i = 0; i < original_model_count; ++i) all[i].is_original = true;
    return all;
  }();
  return models;
}

torch::jit::Module build_zoo_model(std::string_view name, std::uint64_t seed) {
  return compile(zoo::make_model(name), seed);
}

void export_zoo_model(std::string_view name, const std::filesystem::path& path,
                      std::uint64_t seed) {
  const zoo::ModelSpec spec = zoo::make_model(name);
  // For tools that know only the file.
  const std::string inputs = fmt::format("1x{}", fmt::join(spec.layers.front().output, "x"));
  save_module(compile(spec, seed), path, inputs_record(inputs));
}

}  // namespace scission::torchscript
