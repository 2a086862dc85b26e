// Numbers that depend on the batch, and how to compute them from a tensor that does.
#pragma once

#include <torch/script.h>

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// What the trace of the same model on another batch has seen of a value.
class OtherBatch {
 public:
  /// nullopt when the other trace runs other operations, or bakes other numbers in.
  static std::optional<OtherBatch> compare(const Trace& trace, const Trace& other);

  /// The value's fact in the other trace.
  const Fact& fact(const torch::jit::Value* value) const { return *facts_.at(value); }

 private:
  std::unordered_map<const torch::jit::Value*, const Fact*> facts_;
};

/// number = size · numerator / denominator, where size is a dimension of a tensor.
struct SizeRule {
  int input = 0;      ///< which tensor
  int dimension = 0;  ///< which of its dimensions
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

/// A dimension of one of `tensors` that grows with the batch as the number does; nullopt where
/// there is none. O(dimensions).
std::optional<SizeRule> size_rule(std::int64_t number, std::int64_t other_number,
                                  const std::vector<std::vector<std::int64_t>>& shapes,
                                  const std::vector<std::vector<std::int64_t>>& other_shapes);

}  // namespace scission::torchscript
