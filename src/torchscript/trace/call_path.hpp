// Where in the module hierarchy an operation was written.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

namespace scission::torchscript {

/// One submodule on the way from the model down to an operation.
struct ModuleCall {
  std::string name;      ///< "conv1", or "0" in a list
  std::string type;      ///< "Conv2d"
  std::string package;   ///< "__torch__.torch.nn.modules.conv"
  bool is_leaf = false;  ///< has no submodules of its own
  std::string calls;     ///< tells two calls of one submodule apart
};

/// From the outermost submodule to the innermost; empty for the model's own code.
std::vector<ModuleCall> call_path(const torch::jit::Node& node);

/// "layer1.0.conv1": the first `depth` names, joined by dots.
std::string path_name(const std::vector<ModuleCall>& path, std::size_t depth);

/// "layer1.0.conv1 (aten::conv2d)", for messages.
std::string describe(const torch::jit::Node& node);

}  // namespace scission::torchscript
