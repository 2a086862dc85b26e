// Consecutive nodes of a graph as a graph of their own.
#pragma once

#include <torch/script.h>

#include <memory>
#include <vector>

namespace scission::torchscript {

using Nodes = std::vector<torch::jit::Node*>;
using Values = std::vector<torch::jit::Value*>;

/// What must come from outside for the nodes to run and for `outputs` to be returned: each value
/// once, in the order of first use. What nested blocks (branches, loops) read from around them is
/// among it, constants are not. O(nodes).
Values outside_reads(const Nodes& nodes, const Values& outputs = {});

/// The nodes with every constant they need, copied into a new graph that takes `inputs` and
/// returns `outputs`. Constant tensors are shared, not copied. O(nodes).
std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs);

}  // namespace scission::torchscript
