// From a module to the one flat graph that everything else works on.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>

namespace scission::torchscript {

/// forward() of the module with every submodule inlined and every weight a constant, which
/// shares its storage with the module. Its only input is one tensor. Dead code is gone; no
/// optimisation that changes numbers (such as folding batch norms into convolutions) is done.
/// Puts the module into eval mode. `name` is for errors.
/// Throws Error(unsupported) when that cannot be had.
std::shared_ptr<torch::jit::Graph> frozen_graph(torch::jit::Module module, const std::string& name);

}  // namespace scission::torchscript
