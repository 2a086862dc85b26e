// The built-in models: one function for each family, and their list.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

/// `depth`: convolutions in each of the three wide blocks.
ModelSpec vgg(const std::string& name, int depth);
ModelSpec alexnet();
ModelSpec lenet();
ModelSpec xception();
ModelSpec mobilenet();
ModelSpec mobilenetv2();
ModelSpec inception_v3();
ModelSpec inceptionresnet_v2();

/// `depth3`, `depth4`: blocks in the third and fourth stack.
ModelSpec resnet(const std::string& model, int depth3, int depth4);
ModelSpec resnet_v2(const std::string& model, int depth3, int depth4);

/// `layers`: in each of the four dense blocks.
ModelSpec densenet(const std::string& model, const std::array<int, 4>& layers);

struct NasnetVariant {
  std::string name;
  int side;
  int stem_filters;
  int filters;         ///< of the first normal cells
  int cells;           ///< normal ones, three times
  bool skips_reduced;  ///< the cell after a reduction reads what the reduction read before x
};
ModelSpec nasnet(const NasnetVariant& variant);

struct ModelEntry {
  std::string name;
  ModelSpec (*make)();
};

/// The models of the original in its order, then those of the adaptivity study. In zoo.cpp.
const std::vector<ModelEntry>& all_models();

}  // namespace scission::torchscript::zoo
