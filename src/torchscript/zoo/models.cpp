#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {

const std::vector<ModelEntry>& all_models() {
  static const std::vector<ModelEntry> all = {
      {"vgg16", vgg16},
      {"vgg19", vgg19},
      {"xception", xception},
      {"resnet50", resnet50},
      {"resnet101", resnet101},
      {"resnet152", resnet152},
      {"resnet50v2", resnet50v2},
      {"resnet101v2", resnet101v2},
      {"resnet152v2", resnet152v2},
      {"inception_v3", inception_v3},
      {"inceptionresnet_v2", inceptionresnet_v2},
      {"mobilenet", mobilenet},
      {"mobilenetv2", mobilenetv2},
      {"densenet121", densenet121},
      {"densenet169", densenet169},
      {"densenet201", densenet201},
      {"nasnetlarge", nasnetlarge},
      {"nasnetmobile", nasnetmobile},
      {"alexnet", alexnet},
      {"lenet", lenet},
  };
  return all;
}

}  // namespace scission::torchscript::zoo
