// A graph made executable.
#pragma once

#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/script.h>

#include <memory>
#include <string>
#include <vector>

namespace scission::torchscript {

/// A graph compiled for LibTorch's interpreter, operation by operation as it stands.
///
/// The graph executor behind Module::forward() is left out on purpose: it watches the first
/// runs and then rewrites each graph by what it saw, differently for a whole model and for its
/// blocks. Without it both run the same kernels from the first run on.
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
