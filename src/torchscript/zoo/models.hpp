// One function a built-in model.
#pragma once

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

ModelSpec vgg19();
ModelSpec resnet50();
ModelSpec mobilenet();

}  // namespace scission::torchscript::zoo
