// Running a model's code operation by operation while writing down what it runs.
#pragma once

#include <torch/script.h>

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "torchscript/trace/facts.hpp"
#include "torchscript/trace/items.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

enum class Numbers {
  made_up,  ///< heavy operations put out zeros of the right shape
  real,
};

/// Thrown when the model looks at numbers while they are made up.
struct NumbersNeeded {};

class Walker {
 public:
  explicit Walker(Numbers numbers) : numbers_(numbers) {}

  /// `arguments` are forward()'s; the first `tensors` of them become the traced code's inputs.
  /// LibTorch's exceptions pass through; where() then tells the operation.
  Trace walk(const ModelCode& model, std::vector<Item> arguments, std::size_t tensors);

  std::string where() const;

 private:
  void take_arguments(const ModelCode& model, std::vector<Item> arguments, std::size_t tensors);
  void find_last_reads(torch::jit::Graph& code);
  void run_outermost(torch::jit::Graph& code);
  void run(torch::jit::Node* node);
  void copy_constant(torch::jit::Node* node);
  void read_attribute(torch::jit::Node* node);
  torch::jit::Value* weight(const Item& owner, const std::string& name, const at::Tensor& tensor);
  bool resolve_branch(torch::jit::Node* node);
  bool unroll_loop(torch::jit::Node* node);
  bool pass_on(torch::jit::Node* node);
  bool run_on_containers(torch::jit::Node* node);
  void run_operation(torch::jit::Node* node);
  std::vector<c10::IValue> execute(torch::jit::Node* node, const torch::jit::Node& code,
                                   const std::vector<c10::IValue>& inputs, bool from_data);
  std::vector<c10::IValue> execute_alone(torch::jit::Node* node);
  void bind_outputs(torch::jit::Node* node, const Call& call,
                    const std::vector<c10::IValue>& outputs);
  Item outcome(torch::jit::Value* code, const c10::IValue& value, const Call& call);
  Item unpacked(torch::jit::Value* code, const c10::IValue& value, const Call& call);
  void follow_writes(torch::jit::Node* node, const Step& step);
  void finish();

  std::vector<Item> items_of(c10::ArrayRef<torch::jit::Value*> values);
  Item& item(const torch::jit::Value* value) { return environment_.at(value); }
  torch::jit::Value* code_for(const torch::jit::Value* value) {
    return code_of(item(value), *trace_.code);
  }

  Numbers numbers_;
  Trace trace_;
  std::unordered_map<const torch::jit::Node*, Step> steps_;  ///< by node of the traced code
  std::unordered_map<const torch::jit::Value*, Item> environment_;
  /// By node of the outermost block: what nobody reads after it.
  std::unordered_map<const torch::jit::Node*, std::vector<const torch::jit::Value*>> last_reads_;
  std::map<std::pair<const void*, std::string>, torch::jit::Value*> weights_;
  bool frozen_ = false;  ///< no weights are read from the module
  const torch::jit::Node* current_ = nullptr;
};

}  // namespace scission::torchscript
