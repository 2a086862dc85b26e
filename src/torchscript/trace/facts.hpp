// What is noted of every value of a trace.
#pragma once

#include <torch/script.h>

#include <optional>
#include <unordered_map>
#include <vector>

#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

using Facts = std::unordered_map<const torch::jit::Value*, Fact>;

/// One operation that was run.
struct Call {
  torch::jit::Node* code = nullptr;  ///< in the traced code
  const std::vector<c10::IValue>& inputs;
  bool from_data = false;        ///< what it puts out depends on numbers in the model's input
  bool shape_from_data = false;  ///< and so do the shapes
};

/// Of a model's input.
Fact fact_of_input(torch::jit::Value& input, const at::Tensor& tensor);

/// Of one output of the call, or one element of a list that it put out: whose memory it shows, and
/// whether it can be had again.
Fact fact_of(torch::jit::Value& output, const c10::IValue& value, const Call& call,
             const Facts& facts);

/// The tensors that a node of the traced code changes in place. What branches and loops change is
/// not told apart: any tensor that they read, when something in them writes.
Values writes_of(torch::jit::Node* node);

/// For activations and the like in place: marks the first input as changed without computing, and
/// gives it back; nullopt for every other operation.
std::optional<c10::IValue> change_in_place(const torch::jit::Node& node,
                                           const std::vector<c10::IValue>& inputs);

/// Whether there is a tensor in the value, or in one of the values.
bool holds_tensors(const c10::IValue& value);
bool handles_tensors(const std::vector<c10::IValue>& values);

/// A value that is changed in place is made by more than its node: it is had again by no replay.
void settle_changed_memory(Trace& trace);

/// Whether all that the node gives are numbers, or lists of them, that the input's shape
/// determines.
bool gives_fixed_numbers(const torch::jit::Node& node, const Facts& facts);

}  // namespace scission::torchscript
