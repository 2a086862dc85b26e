// Running a model's code operation by operation, and recording what it runs.
#pragma once

#include <torch/script.h>

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "torchscript/trace/symbolic_value.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// An operation that was appended to the traced code and executed.
struct ExecutedOperation {
  torch::jit::Node* code = nullptr;          ///< in the traced code
  const torch::jit::Node* source = nullptr;  ///< in the model's code
  std::vector<c10::IValue> inputs;
  std::vector<c10::IValue> outputs;
  Dependence depends;  ///< of the outputs
};

/// Writes straight code, and the properties of every value in it.
class Recorder {
 public:
  /// An input of the traced code, named like the model's argument.
  torch::jit::Value* add_input(const torch::jit::Value& argument, const at::Tensor& tensor);

  /// A copy of the constant.
  torch::jit::Value* add_constant(torch::jit::Node& constant);

  /// A weight as a constant named by its path; one constant for each path of each object.
  torch::jit::Value* add_weight(const void* owner, const std::string& path,
                                const at::Tensor& weight);

  /// A copy of the operation, whose inputs are found by `copy_of`.
  /// Throws Error(unsupported) when it changes a weight in place.
  torch::jit::Node* append(torch::jit::Node& operation, const CopyOf& copy_of);

  /// Notes the executed operation's step and the properties of its outputs, and returns them. A
  /// list of known length is unpacked into a container.
  std::vector<SymbolicValue> record(const ExecutedOperation& operation);

  void add_output(torch::jit::Value* value) { code_->registerOutput(value); }

  torch::jit::Graph& code() { return *code_; }

  /// The trace, without the operations whose outputs are not used.
  Trace finish() &&;

 private:
  SymbolicValue output(torch::jit::Value* code, const c10::IValue& value,
                       const ExecutedOperation& operation);
  SymbolicValue unpacked_list(torch::jit::Value* code, const c10::IValue& value,
                              const ExecutedOperation& operation);

  std::shared_ptr<torch::jit::Graph> code_ = std::make_shared<torch::jit::Graph>();
  ValueInfos infos_;
  std::unordered_map<const torch::jit::Node*, Step> steps_;
  std::map<std::pair<const void*, std::string>, torch::jit::Value*> weights_;
};

/// Where the numbers in tensors come from.
enum class Numbers {
  fake,  ///< heavy operations return zeros of the right shape
  real,  ///< every operation is computed
};

/// Thrown when the model looks at numbers while they are fake.
struct NumbersNeeded {};

/// Interprets a model's code. Each node takes one of two ways: what is known without the numbers in
/// the input (constants, attributes, branches and loops that the shape decides, casts, containers)
/// is resolved and leaves no code; everything else is executed and recorded.
class Interpreter {
 public:
  Interpreter(const ModelCode& model, Numbers numbers) : model_(model), numbers_(numbers) {}

  /// `arguments` are forward()'s; the first `tensor_count` of them become the traced code's inputs.
  /// To be called once. LibTorch's exceptions pass through; where() then names the operation.
  Trace run(std::vector<SymbolicValue> arguments, std::size_t tensor_count);

  /// The operation that ran last: "layer1.0.conv1 (aten::conv2d)".
  std::string where() const;

 private:
  void bind_arguments(std::vector<SymbolicValue> arguments, std::size_t tensor_count);
  void run_outermost_block();
  void run_block(torch::jit::Block& block);
  void run_node(torch::jit::Node& node);

  // Ways to resolve a node without code; false: it has to be executed.
  bool resolve(torch::jit::Node& node);
  void copy_constant(torch::jit::Node& node);
  void read_attribute(torch::jit::Node& node);
  bool resolve_branch(torch::jit::Node& node);
  bool unroll_loop(torch::jit::Node& node);
  bool forward_cast(torch::jit::Node& node);
  bool resolve_container_op(torch::jit::Node& node);

  // Executing and recording a node.
  void execute(torch::jit::Node& node);
  std::vector<c10::IValue> outputs_of(torch::jit::Node& node, const torch::jit::Node& code,
                                      const std::vector<c10::IValue>& inputs, bool depends_on_data);
  std::vector<c10::IValue> run_as_program(torch::jit::Node& node);
  void redirect_changed_input(torch::jit::Node& node, torch::jit::Node& code);

  SymbolicValue& value_of(const torch::jit::Value* name) { return environment_.at(name); }
  std::vector<SymbolicValue> values_of(c10::ArrayRef<torch::jit::Value*> names);
  void bind(c10::ArrayRef<torch::jit::Value*> names, const std::vector<SymbolicValue>& values);

  const ModelCode& model_;
  Numbers numbers_;
  Recorder recorder_;
  std::unordered_map<const torch::jit::Value*, SymbolicValue> environment_;
  const torch::jit::Node* current_ = nullptr;
};

}  // namespace scission::torchscript
