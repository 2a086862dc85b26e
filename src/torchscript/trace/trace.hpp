// A model as the straight sequence of operations that it runs for one input shape.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scission/model.hpp"
#include "torchscript/ops/op_costs.hpp"
#include "torchscript/trace/batch_numbers.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {

/// The code of forward(), with every call of a submodule inlined.
struct ModelCode {
  std::shared_ptr<torch::jit::Graph> graph;  ///< of `self` and forward()'s other arguments
  torch::jit::Module self;                   ///< from which weights are read
};

/// The code as it stands, in eval mode, into which it puts the module. O(operations); freezing is
/// not, because LibTorch compares equally shaped weights pair by pair. `name` is for errors.
/// Throws Error(unsupported) when there is no forward().
ModelCode inlined_code(torch::jit::Module module, const std::string& name);

/// Properties of a value in the traced code.
struct ValueInfo {
  ValueKind kind = ValueKind::tensor;
  std::string opaque_reason;
  std::string dtype;                     ///< of a tensor
  std::vector<std::int64_t> shape;       ///< of a tensor
  std::int64_t bytes = 0;                ///< of a tensor
  c10::IValue constant;                  ///< a fixed number, list or scalar tensor; else None
  torch::jit::Value* view_of = nullptr;  ///< the value whose memory it shares
  torch::jit::Value* memory = nullptr;   ///< the value that allocated its memory; null: a weight
  bool fills_memory = false;             ///< a tensor without gaps, alone in its memory
  /// The sizes seen of a tensor whose shape depends on data.
  std::optional<ByteRange> bytes_seen;
  bool can_rematerialise = false;  ///< running its operation again recreates it at no cost
};

using ValueInfos = std::unordered_map<const torch::jit::Value*, ValueInfo>;

/// One operation of the traced code.
struct Step {
  torch::jit::Node* node = nullptr;          ///< in Trace::code
  const torch::jit::Node* source = nullptr;  ///< in the model's code; repeats in unrolled loops
  std::optional<OpCost> cost;                ///< nullopt: no cost rule
  Values writes;                             ///< the tensors that it changes in place
};

/// An attribute of the module that the model reads before it assigns to it: the next run reads what
/// this one has assigned. A counter that only counts does not matter.
struct PersistentAttribute {
  std::string path;              ///< "layer1.cache"
  bool depends_on_data = false;  ///< the value assigned
};

/// A data-dependent branch and of which one side ends the model, as straight code: what the
/// other side computes follows `exit` and comes before `choice`. Run as it stands, the code
/// computes it in any case; guard_exits() lets the code of segments skip it.
struct EarlyExit {
  /// Attributes of the branches: their place in Trace::exits, also in copies.
  static inline const c10::Symbol exit_mark = c10::Symbol::attr("scission_exit");
  static inline const c10::Symbol choice_mark = c10::Symbol::attr("scission_choice");

  /// A branch: whether the model ends here, a bool tensor with one element, and the answer, empty
  /// tensors where the model goes on.
  torch::jit::Node* exit = nullptr;
  torch::jit::Node* choice = nullptr;  ///< a branch: the answer given here, or the one given later
};

/// The operations in the order in which the model runs them. Branches and loops that the input's
/// shape decides are resolved; those that its numbers decide remain as one operation each, but for
/// early exits. Lists and tuples are packed where they are read.
struct Trace {
  std::shared_ptr<torch::jit::Graph> code;
  ValueInfos infos;                            ///< of all values but constants
  std::vector<Step> steps;                     ///< without constants
  std::set<std::string> uncounted;             ///< operations without a cost rule
  std::vector<PersistentAttribute> kept = {};  ///< what one run leaves for the next
  NumberLog numbers = {};                      ///< what is computed from sizes
  std::vector<EarlyExit> exits = {};           ///< in order; the choices are in the opposite one

  /// The value's properties; nullptr for a constant and for a container packed from other values.
  const ValueInfo* info(const torch::jit::Value* value) const;

  /// Whether the value is the same on every run: a number, list or tensor that depends on no data
  /// in the input.
  bool is_fixed(const torch::jit::Value* value) const;

  /// Whether all outputs of the operation are numbers, or lists of numbers, that the input's shape
  /// determines.
  bool yields_fixed_numbers(const torch::jit::Node& node) const;
};

/// Interprets the code of the model `name` once with the given inputs and records what it runs.
/// Heavy operations are not computed: a convolution's shape is known without its numbers. The model
/// really runs only if its control flow or shapes depend on numbers. Arguments that are not given
/// take their default values. O(operations).
///
/// Throws Error(unsupported) when an argument is not a tensor, the model changes its own state, or
/// was traced in training mode, and Error(mismatch) with the operation as place when it does not
/// run on these inputs.
Trace trace(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs);

}  // namespace scission::torchscript
