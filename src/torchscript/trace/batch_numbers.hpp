// Numbers that a model computes from the sizes of tensors, and whether what they decide is the same
// for every batch.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <vector>

namespace scission::torchscript {

/// A number, or a tensor, in an operation's arguments or results.
struct NumberItem {
  int number = -1;                       ///< its place among the results of all steps; −1: none
  bool is_tensor = false;                ///< with any number of elements
  bool is_data = false;                  ///< depends on numbers in the model's input
  c10::IValue value = {};                ///< a number; also of a tensor with one element
  std::vector<std::int64_t> shape = {};  ///< of a tensor
};

/// An operation on sizes, on numbers and tensors that are computed from sizes alone, or one whose
/// result's shape is not a linear function of its arguments' shapes.
struct NumberStep {
  const torch::jit::Node* operation = nullptr;  ///< in the model's code
  bool chooses = false;                         ///< it finds a place in a list or dict
  bool writes = false;                          ///< it changes an argument in place
  std::vector<std::vector<NumberItem>> inputs;  ///< by argument; a list's elements one by one
  std::vector<NumberItem> outputs;              ///< lists' elements one by one
};

using NumberLog = std::vector<NumberStep>;

/// Whether the operation's results have to be noted although no number goes in: it reads a size, or
/// clamps or rounds one.
bool starts_size_arithmetic(const torch::jit::Node& operation);

/// Whether every number that the model computes from sizes is, for all batches from 1 on, what the
/// logs of some batches lead to expect: a linear function of the batch, or one that decides
/// nothing. A comparison, minimum, division or position for which that cannot be shown makes it
/// false, even where all these batches agree. `logs[i]` is of `batches[i]`. O(steps · logs).
bool holds_for_any_batch(const std::vector<const NumberLog*>& logs,
                         const std::vector<std::int64_t>& batches);

}  // namespace scission::torchscript
