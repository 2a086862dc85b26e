// From a module to one flat graph.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scission::torchscript {

/// forward() with every submodule inlined and every weight a constant.
struct FrozenGraph {
  std::shared_ptr<torch::jit::Graph> code;  ///< its inputs are forward()'s arguments
  /// By argument: the default value, or none where forward() has no default for it.
  std::vector<std::optional<c10::IValue>> defaults;
};

/// Puts the module into eval mode and freezes it: weights are constants that share their storage
/// with the module, dead code is gone, and no optimisation that changes numbers (such as folding
/// batch norms into convolutions) is done. `name` is for errors.
/// Throws Error(unsupported) when that cannot be had.
FrozenGraph frozen_graph(torch::jit::Module module, const std::string& name);

}  // namespace scission::torchscript
