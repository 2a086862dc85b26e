// Parts of a graph: what they read, as graphs of their own, as executable programs.
#pragma once

#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/script.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace scission::torchscript {

using Nodes = std::vector<torch::jit::Node*>;
using Values = std::vector<torch::jit::Value*>;

/// Whether the value is a list, tuple or dict that is packed from other values.
bool is_pack(const torch::jit::Value* value);

/// The values that the nodes and `outputs` need from outside: each once, in the order of first use.
/// Includes what nested blocks (branches, loops) read from around them; excludes constants.
/// O(nodes).
Values outside_reads(const Nodes& nodes, const Values& outputs = {});

/// Recreates a value that is neither an input of the subgraph nor computed by its nodes, at the
/// graph's insertion point. `copy_of` returns the copies of the values that it needs. Throws Error
/// when it cannot.
using CopyOf = std::function<torch::jit::Value*(torch::jit::Value*)>;
using Rematerialise =
    std::function<torch::jit::Value*(torch::jit::Graph&, torch::jit::Value*, const CopyOf&)>;

/// The nodes and the constants that they need, copied into a new graph that takes `inputs` and
/// returns `outputs`. Constant tensors are shared, not copied. O(nodes).
/// Throws Error(invalid_argument) when a value is missing and `rematerialise` is not given.
std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs,
                                            const Rematerialise& rematerialise = {});

/// A graph compiled for LibTorch's interpreter, operation by operation as it stands.
///
/// The graph executor behind Module::forward() is not used: it observes the first runs and then
/// rewrites each graph accordingly, differently for a whole model and for its blocks. Without it
/// both run the same kernels from the first run on.
class Program {
 public:
  Program(const std::shared_ptr<torch::jit::Graph>& graph, std::string name)
      : code_(graph, std::move(name)) {}

  /// One result for each of the graph's outputs. LibTorch's exceptions pass through.
  std::vector<c10::IValue> run(std::vector<c10::IValue> inputs) const {
    torch::jit::InterpreterState(code_).run(inputs);
    return inputs;
  }

 private:
  torch::jit::Code code_;
};

}  // namespace scission::torchscript
