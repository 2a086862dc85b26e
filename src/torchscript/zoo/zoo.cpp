#include "scission/torchscript/zoo/zoo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/model.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript {

namespace zoo {

const std::vector<ModelEntry>& all_models() {
  static const std::vector<ModelEntry> all = {
      {"vgg16", [] { return vgg("vgg16", 3); }},
      {"vgg19", [] { return vgg("vgg19", 4); }},
      {"xception", xception},
      {"resnet50", [] { return resnet("resnet50", 4, 6); }},
      {"resnet101", [] { return resnet("resnet101", 4, 23); }},
      {"resnet152", [] { return resnet("resnet152", 8, 36); }},
      {"resnet50v2", [] { return resnet_v2("resnet50v2", 4, 6); }},
      {"resnet101v2", [] { return resnet_v2("resnet101v2", 4, 23); }},
      {"resnet152v2", [] { return resnet_v2("resnet152v2", 8, 36); }},
      {"inception_v3", inception_v3},
      {"inceptionresnet_v2", inceptionresnet_v2},
      {"mobilenet", mobilenet},
      {"mobilenetv2", mobilenetv2},
      {"densenet121", [] { return densenet("densenet121", 24, 16); }},
      {"densenet169", [] { return densenet("densenet169", 32, 32); }},
      {"densenet201", [] { return densenet("densenet201", 48, 32); }},
      {"nasnetlarge", nasnetlarge},
      {"nasnetmobile", nasnetmobile},
      {"alexnet", alexnet},
      {"lenet", lenet},
  };
  return all;
}

}  // namespace zoo

namespace {

constexpr int original_model_count = 18;  ///< the first of all_models()

std::size_t index_of(std::string_view name) {
  std::vector<std::string> known;
  for (const zoo::ModelEntry& candidate : zoo::all_models()) {
    if (candidate.name == name) return known.size();
    known.push_back(candidate.name);
  }
  throw_invalid_argument(
      fmt::format("no built-in model is called \"{}\"; {}", name, suggestion(name, known)));
}

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
  return zoo::compile(zoo::all_models()[index_of(name)].make(), seed);
}

void export_zoo_model(std::string_view name, const std::filesystem::path& path,
                      std::uint64_t seed) {
  const zoo::ModelSpec spec = zoo::all_models()[index_of(name)].make();
  // For tools that know only the file.
  const std::string inputs = fmt::format("1x{}", fmt::join(spec.layers.front().output, "x"));
  save_module(zoo::compile(spec, seed), path, inputs_record(inputs));
}

}  // namespace scission::torchscript
