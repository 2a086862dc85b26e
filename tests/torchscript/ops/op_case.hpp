// One operation with its arguments, by itself in a graph.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace scission::testing {

using NamedArguments = std::vector<std::pair<std::string, c10::IValue>>;

/// The first overload of `name` ("aten::conv2d") that takes the arguments; the schema's defaults
/// fill in the rest. Throws std::invalid_argument if there is none.
class OpCase {
 public:
  OpCase(const std::string& name, std::vector<c10::IValue> positional, NamedArguments named = {});

  const torch::jit::Node& node() const { return *node_; }
  const std::vector<c10::IValue>& inputs() const { return inputs_; }

  /// What LibTorch's own kernel puts out, without gradients. Throws what it throws.
  std::vector<c10::IValue> run() const;

 private:
  bool take(const torch::jit::Operator& candidate, std::vector<c10::IValue> positional,
            const NamedArguments& named);

  std::shared_ptr<torch::jit::Graph> graph_ = std::make_shared<torch::jit::Graph>();
  torch::jit::Node* node_ = nullptr;
  std::vector<c10::IValue> inputs_;
};

/// Whether this LibTorch has the operation.
bool has_operation(const std::string& name);

}  // namespace scission::testing
