// A model as the straight sequence of operations that it runs for one input shape.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scission/model/model_graph.hpp"
#include "torchscript/ops/op_costs.hpp"
#include "torchscript/trace/model_code.hpp"
#include "torchscript/trace/subgraph.hpp"

namespace scission::torchscript {

/// What is known of a value in the traced code.
struct Fact {
  ValueKind kind = ValueKind::tensor;
  std::string why_opaque;
  std::string dtype;                ///< of a tensor
  std::vector<std::int64_t> shape;  ///< of a tensor
  std::int64_t bytes = 0;
  c10::IValue constant;                  ///< what a fixed number, list or scalar tensor is
  torch::jit::Value* view_of = nullptr;  ///< the value whose memory it shows
  torch::jit::Value* memory = nullptr;   ///< the value that made the memory; null for a weight's
  bool can_replay = false;               ///< running its node again gives it again, for nothing
};

/// One operation of the traced code.
struct Step {
  torch::jit::Node* node = nullptr;          ///< in Trace::code
  const torch::jit::Node* source = nullptr;  ///< in the model's code; repeats in unrolled loops
  std::optional<OpCost> cost;                ///< none: there is no rule
  Values writes;                             ///< what it changes in place
};

/// The operations in the order in which the model runs them. Branches and loops that the input's
/// shape decides are resolved; those that its numbers decide remain as one operation each. Lists
/// and tuples are packed where they are read.
struct Trace {
  std::shared_ptr<torch::jit::Graph> code;
  std::unordered_map<const torch::jit::Value*, Fact> facts;  ///< of all values but constants
  std::vector<Step> steps;                                   ///< constants left out
  std::set<std::string> uncounted;                           ///< operations without a cost rule
};

/// Walks through the code of the model `name` with the given inputs, without the heavy computing: a
/// convolution's shape is known without its numbers. Only where the model itself looks at numbers
/// is it really run. Default values stand for inputs that are not given.
///
/// Throws Error(unsupported) when an argument is no tensor, the model changes state of its own, or
/// was traced in training mode, and Error(mismatch) with the operation as place when it does not
/// run on these inputs. Throws FreezingNeeded when the code has to be frozen_code().
Trace trace(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs);

/// Branches that numbers decide remain in the trace, and must not read weights from the module.
struct FreezingNeeded {};

}  // namespace scission::torchscript
