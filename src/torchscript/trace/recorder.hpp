// The traced code while it is written.
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

}  // namespace scission::torchscript
