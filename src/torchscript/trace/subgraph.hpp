// Nodes of a traced graph as a graph of their own.
#pragma once

#include <torch/script.h>

#include <functional>
#include <memory>
#include <vector>

namespace scission::torchscript {

using Nodes = std::vector<torch::jit::Node*>;
using Values = std::vector<torch::jit::Value*>;

/// Whether the value is a list, tuple or dict, put together from other values.
bool is_pack(const torch::jit::Value* value);

/// What must come from outside for the nodes to run and for `outputs` to be returned: each value
/// once, in the order of first use. What nested blocks (branches, loops) read from around them is
/// among it, constants are not. O(nodes).
Values outside_reads(const Nodes& nodes, const Values& outputs = {});

/// Makes a value that is neither an input nor made by the nodes, at the graph's insertion point:
/// `copy_of` gives the copies of what it needs. Throws Error when it cannot.
using CopyOf = std::function<torch::jit::Value*(torch::jit::Value*)>;
using MakeAgain =
    std::function<torch::jit::Value*(torch::jit::Graph&, torch::jit::Value*, const CopyOf&)>;

/// The nodes with every constant they need, copied into a new graph that takes `inputs` and
/// returns `outputs`. Constant tensors are shared, not copied. O(nodes).
/// Throws Error(invalid_argument) where a value is missing and `make_again` is not given.
std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs,
                                            const MakeAgain& make_again = {});

}  // namespace scission::torchscript
