// One operation of a graph, with its arguments by the names that its schema gives them.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scission::torchscript {

/// Refers to `node`, `inputs` and, after the call, `outputs`, which must outlive it. An argument
/// that is missing, None or of another type reads as nullptr, nullopt, an empty list, the fallback
/// or false.
class OpCall {
 public:
  OpCall(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
         c10::ArrayRef<c10::IValue> outputs = {});

  /// Without namespace and, for an operation that writes in place, without the underscore:
  /// "relu" for aten::relu_.
  const std::string& name() const { return name_; }
  const torch::jit::Node& node() const { return node_; }
  c10::ArrayRef<c10::IValue> inputs() const { return inputs_; }
  c10::ArrayRef<c10::IValue> outputs() const { return outputs_; }

  const at::Tensor* tensor(std::string_view argument) const;
  std::vector<at::Tensor> tensors(std::string_view argument) const;
  std::vector<std::int64_t> integers(std::string_view argument) const;  ///< a single one as a list
  std::int64_t integer(std::string_view argument, std::int64_t fallback) const;
  std::optional<double> number(std::string_view argument) const;
  std::string text(std::string_view argument) const;
  bool flag(std::string_view argument) const;

  /// The first argument, and the first output; nullptr when it is not a tensor.
  const at::Tensor* input() const;
  const at::Tensor* output() const;

 private:
  const c10::IValue* argument(std::string_view name) const;

  const torch::jit::Node& node_;
  c10::ArrayRef<c10::IValue> inputs_;
  c10::ArrayRef<c10::IValue> outputs_;
  std::string name_;
};

}  // namespace scission::torchscript
