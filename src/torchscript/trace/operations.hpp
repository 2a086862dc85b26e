// Operations of a graph: what they read and write by name and schema; parts of a graph as graphs
// and as executable programs.
#pragma once

#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/script.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scission::torchscript {

using Nodes = std::vector<torch::jit::Node*>;
using Values = std::vector<torch::jit::Value*>;

/// Whether the value is a constant, or one that is never read (prim::Uninitialized).
bool is_constant(const torch::jit::Value* value);

/// Whether the node makes such a value.
bool is_constant(const torch::jit::Node& node);

/// Whether `inner` is inside a branch or loop of `outer`. O(depth).
bool is_inside(const torch::jit::Node* inner, const torch::jit::Node* outer);

/// The operation's name, such as `aten::add`.
inline std::string_view name_of(const torch::jit::Node& node) { return node.kind().toQualString(); }

/// Whether the value is a list, tuple or dict that is packed from other values.
bool is_pack(const torch::jit::Value* value);

/// The values that the nodes and `outputs` need from outside: each once, in the order of first use.
/// Includes what nested blocks (branches, loops) read from around them; excludes constants.
/// O(nodes).
Values outside_reads(const Nodes& nodes, const Values& outputs = {});

/// Finds the copy of a value.
using CopyOf = std::function<torch::jit::Value*(torch::jit::Value*)>;

/// A copy of the node, not yet inserted, whose inputs are found by `copy_of`. Unlike LibTorch's own
/// copies it has no call stack, whose functions belong to the module: a graph of such nodes may
/// outlive the module, and LibTorch can still format an error in it.
torch::jit::Node* clone_node(torch::jit::Graph& graph, torch::jit::Node& node,
                             const CopyOf& copy_of);

/// Copies the block's nodes and outputs into `target`, an empty block; `copy_of` returns the copies
/// of the values from outside.
void clone_block(const torch::jit::Block& block, torch::jit::Block& target, const CopyOf& copy_of);

/// Recreates a value that is neither an input of the subgraph nor computed by its nodes, at the
/// graph's insertion point. `copy_of` returns the copies of the values that it needs. Throws Error
/// when it cannot.
using Rematerialise =
    std::function<torch::jit::Value*(torch::jit::Graph&, torch::jit::Value*, const CopyOf&)>;

/// The nodes and the constants that they need, copied into a new graph that takes `inputs` and
/// returns `outputs`. Constant tensors are shared, not copied. O(nodes).
/// Throws Error(invalid_argument) when a value is missing and `rematerialise` is not given.
std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs,
                                            const Rematerialise& rematerialise = {});

/// A graph compiled for LibTorch's interpreter, operation by operation as it stands.
///
/// The graph executor behind Module::forward() is not used: it observes the first runs and then
/// rewrites each graph accordingly, differently for a whole model and for its blocks. Without it
/// both run the same kernels from the first run on.
class Program {
 public:
  Program(const std::shared_ptr<torch::jit::Graph>& graph, std::string name)
      : code_(graph, std::move(name)) {}

  /// One result for each of the graph's outputs. LibTorch's exceptions pass through.
  std::vector<c10::IValue> run(std::vector<c10::IValue> inputs) const {
    torch::jit::InterpreterState(code_).run(inputs);
    return inputs;
  }

 private:
  torch::jit::Code code_;
};

/// Whether the outputs depend on nothing of the input tensors but type, shape and device:
/// aten::size, aten::dim, prim::device.
bool reads_shape_only(const torch::jit::Node& node);

/// Whether the operation reads the strides of a tensor, not only its elements: aten::as_strided.
bool reads_layout(const torch::jit::Node& node);

/// Whether the shape of an output depends on numbers in the inputs: aten::nonzero.
bool has_data_dependent_shape(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

/// Whether the output always has the shape of the first input: aten::index_add.
bool keeps_shape(const torch::jit::Node& node);

/// Whether the operation draws random numbers as in training, or normalises by its own batch's
/// statistics: dropout(…, train=True), batch_norm(…, training=True).
bool is_training(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

/// Whether the operation, or one in its branches and loops, changes an argument in place.
bool has_writes(const torch::jit::Node& node);

/// The tensors that an operation changes in place, in its branches and loops too; constants as
/// well. Tensors in packed lists count one by one, another list as a whole.
Values written_by(torch::jit::Node& node);

/// What the node's branches and loops may change in place: tensors from outside of the node, and
/// lists, tuples and dicts that they take tensors from.
Values written_from_outside(torch::jit::Node& node);

/// Whether the operation fails, or does something else, where the numbers in a tensor are zeros:
/// aten::multinomial, aten::linalg_inv.
bool needs_numbers(const torch::jit::Node& node);

/// Whether the operation, or a branch or loop, changes some elements of a tensor that is gathered
/// from several of them: aten::index_add_.
bool writes_part(const torch::jit::Node& node);

/// The same as written_by() without constants.
Values writes_of(torch::jit::Node& node);

/// The tensors from outside of the node with branches or loops that its output may be, or be a view
/// of; constants as well.
Values aliased_by(torch::jit::Node& node, std::size_t output);

/// The lists, tuples and dicts from outside of the node with branches or loops that its output may
/// be, or may have inside.
Values containers_behind(torch::jit::Node& node, std::size_t output);

/// Whether values of the type are lists or dicts, or have some inside.
bool holds_containers(const c10::TypePtr& type);

/// Whether values of the type have lists or dicts inside.
bool nests_containers(const c10::TypePtr& type);

/// Whether the operation's list or dict is new, shared with nothing else.
bool makes_container(const torch::jit::Node& node);

/// The lists and dicts from outside of the node that its branches and loops change.
/// Throws Error(unsupported) when they change one that they take out of another container.
Values changed_containers(torch::jit::Node& node);

/// Simulates an activation or elementwise operation in place: marks the first input as changed
/// without computing, and returns it; nullopt for every other operation.
std::optional<c10::IValue> change_in_place(const torch::jit::Node& node,
                                           const std::vector<c10::IValue>& inputs);

}  // namespace scission::torchscript
