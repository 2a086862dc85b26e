// The code of a model's forward() as one graph.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scission::torchscript {

/// An argument of forward().
struct ModelArgument {
  std::string name;
  std::optional<c10::IValue> default_value;  ///< none where there is none
};

/// forward() with every call of a submodule inlined.
struct ModelCode {
  std::shared_ptr<torch::jit::Graph> graph;
  /// The module, where the graph's first input is `self` and weights are read from it; none where
  /// weights are constants. The other inputs are forward()'s arguments.
  std::optional<torch::jit::Module> self;
  std::vector<ModelArgument> arguments;
};

/// The code as it stands, in eval mode. Linear in its length, which freezing is not: LibTorch
/// compares equally shaped weights pair by pair, and merges operations that compute the same.
/// Puts the module into eval mode. `name` is for errors.
/// Throws Error(unsupported) when there is no forward().
ModelCode inlined_code(torch::jit::Module module, const std::string& name);

/// The frozen code: weights are constants that share their storage with the module, also in
/// branches and loops; no optimisation that changes numbers (such as folding batch norms into
/// convolutions) is done. Throws Error(unsupported) when the module cannot be frozen.
ModelCode frozen_code(torch::jit::Module module, const std::string& name);

}  // namespace scission::torchscript
