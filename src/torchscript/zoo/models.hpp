// One function for each built-in model, and their list.
#pragma once

#include <string>
#include <vector>

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

ModelSpec vgg16();
ModelSpec vgg19();
ModelSpec xception();
ModelSpec resnet50();
ModelSpec resnet101();
ModelSpec resnet152();
ModelSpec resnet50v2();
ModelSpec resnet101v2();
ModelSpec resnet152v2();
ModelSpec inception_v3();
ModelSpec inceptionresnet_v2();
ModelSpec mobilenet();
ModelSpec mobilenetv2();
ModelSpec densenet121();
ModelSpec densenet169();
ModelSpec densenet201();
ModelSpec nasnetlarge();
ModelSpec nasnetmobile();
ModelSpec alexnet();
ModelSpec lenet();

struct ModelEntry {
  std::string name;
  ModelSpec (*make)();
};

/// The models of the original in its order, then those of the adaptivity study. In zoo.cpp.
const std::vector<ModelEntry>& all_models();

}  // namespace scission::torchscript::zoo
