// Running a model's code operation by operation, on values of which some are known, and recording
// what it runs.
#pragma once

#include <torch/script.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

struct Container;

/// Which properties of a value depend on numbers in the model's input.
struct Dependence {
  bool on_data = false;        ///< the elements, or the number itself
  bool shape_on_data = false;  ///< a tensor's shape, or a list's length
};

/// A value of the model's code at one moment of its interpretation.
struct SymbolicValue {
  c10::IValue value;                     ///< None for a container
  torch::jit::Value* code = nullptr;     ///< in the traced code; null until an operation reads it
  std::shared_ptr<Container> container;  ///< shared by all references to the same list
  Dependence depends = {};               ///< of a container, see depends_on_data()
  std::string path = {};                 ///< of a module's attribute: "layer1.0.conv1.weight"
  int number = -1;                       ///< in the log of numbers; −1: computed from no size
};

/// A list, tuple or dict whose elements are tracked one by one. The traced code packs them where an
/// operation reads the container, so that a list which the model builds step by step is not a value
/// that crosses cuts.
///
/// Once a data-dependent branch or loop has changed a list or dict, its elements are no longer
/// known: it becomes an output of that branch or loop in the traced code.
struct Container {
  std::shared_ptr<c10::SharedType> type;  ///< ListType, TupleType or DictType
  std::vector<SymbolicValue> elements;
  std::vector<c10::IValue> keys = {};    ///< of a dict, parallel to its elements
  std::string owner = {};                ///< the module's attribute that it is: "cache.keys"
  bool is_set = false;                   ///< then: a constant has been put into it
  torch::jit::Value* decided = nullptr;  ///< in the traced code, once data decides its elements
  c10::IValue decided_contents = {};     ///< then, for this input
  bool is_shared = false;                ///< data decides whether other values refer to it too
  /// Data decides whether one of these is this one; those that the model no longer knows are gone.
  std::vector<std::weak_ptr<Container>> maybe_same = {};

  // Of an attribute: what an earlier run may have left in it.
  bool is_read = false;                 ///< this run has read the length or the keys
  std::set<std::size_t> read = {};      ///< elements that it has read before it replaced them
  std::set<std::size_t> replaced = {};  ///< elements that it has replaced or added
};

/// Whether the value is a list, tuple or dict whose elements are known one by one.
bool is_tracked(const SymbolicValue& value);

/// From now on data decides the contents of the list or dict, for all references to it: `code`
/// computes them, and they are `contents` for this input.
void set_decided(Container& container, torch::jit::Value* code, c10::IValue contents);

/// A value that is the same on every run, without containers in it.
SymbolicValue constant_value(c10::IValue value);

/// Throws LibTorch's error unless the type is a list's, a tuple's or a dict's.
SymbolicValue container_value(const c10::TypePtr& type, std::vector<SymbolicValue> elements,
                              std::vector<c10::IValue> keys = {});

/// A value that is the same on every run; lists, tuples and dicts in it become containers, and
/// tensors are detached, because constants must not require gradients.
SymbolicValue known_value(const c10::IValue& value, const c10::TypePtr& type);

/// Notes in the value's containers that they belong to the module's attribute `owner`.
void set_owner(SymbolicValue& value, const std::string& owner);

/// Notes that this run reads everything in the value's containers that are attributes.
void note_read(const SymbolicValue& value);

/// Notes that this run reads one element.
void note_read(Container& container, std::size_t element);

/// The containers in the value: itself, and those among its elements.
std::vector<std::shared_ptr<Container>> containers_in(const SymbolicValue& value);

/// The value itself; a container becomes a list, tuple or dict of its elements' contents.
c10::IValue contents(const SymbolicValue& value);

/// Whether the value or one of its elements depends on numbers in the model's input.
bool depends_on_data(const SymbolicValue& value);

/// The value in `graph`. At the insertion point, constants are inserted when first needed, and
/// containers are packed each time.
torch::jit::Value* code_of(SymbolicValue& value, torch::jit::Graph& graph);

/// The outputs of a node that only packs, unpacks, reads or changes containers with known contents;
/// nullopt for every other node. Lists are changed in place, for all references to them.
/// Throws Error(unsupported) when the container belongs to the module and the next run would read
/// the change: it reads nothing of what this run clears, or replaces before it reads it.
std::optional<std::vector<SymbolicValue>> run_container_op(const torch::jit::Node& node,
                                                           std::vector<SymbolicValue>& inputs);

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
  torch::jit::Value* add_input(const std::string& argument, const at::Tensor& tensor);

  /// A copy of the constant.
  torch::jit::Value* add_constant(torch::jit::Node& constant);

  /// A weight as a constant named by its path; one constant for each path of each object.
  torch::jit::Value* add_weight(const void* owner, const std::string& path,
                                const at::Tensor& weight);

  /// A copy of the weight, which is `tensor`, for the operation.
  SymbolicValue copy_weight(const torch::jit::Node& reader, torch::jit::Value* weight,
                            const at::Tensor& tensor);

  /// A copy of the operation, whose inputs are found by `copy_of`.
  /// Throws Error(unsupported) when it changes a weight in place.
  torch::jit::Node* append(torch::jit::Node& operation, const CopyOf& copy_of);

  /// Notes the executed operation's step and the properties of its outputs, and returns them. A
  /// list of known length is unpacked into a container.
  std::vector<SymbolicValue> record(const ExecutedOperation& operation);

  /// A list or dict in the traced code that nothing else there refers to.
  torch::jit::Value* copy_container(torch::jit::Value* container);

  /// A branch, always taken, that changes a copy of the list or dict by the operation. Its outputs
  /// are those of the operation, without the list or dict itself, and the changed copy.
  torch::jit::Node* append_change(torch::jit::Node& operation, torch::jit::Value* container,
                                  const CopyOf& copy_of);

  /// Lets an appended branch or loop return lists and dicts from outside, as its last outputs.
  void return_containers(torch::jit::Node& code, const Values& containers);

  /// Notes that the value may share its memory with these.
  void share_memory(const torch::jit::Value* value, const Values& others);

  /// An early exit: a branch with the copy of `node`'s block `side` as that side, whose answer is
  /// tensors, and tuples of them at most; they are `answer` for this input. Its outputs are whether
  /// that side runs, and its answer; the other side gives empty tensors. Returns its place in
  /// Trace::exits. Throws std::runtime_error when that side changes what comes from outside.
  std::size_t record_exit(torch::jit::Node& node, std::size_t side, torch::jit::Value* condition,
                          const CopyOf& copy_of, const std::vector<at::Tensor>& answer);

  /// A branch that returns the exit's answer if the model ends there, and `later` otherwise, whose
  /// tensors are `numbers` for this input.
  std::vector<SymbolicValue> record_choice(std::size_t exit, const Values& later,
                                           const std::vector<c10::IValue>& numbers);

  void set_persistent(std::vector<PersistentAttribute> kept) { kept_ = std::move(kept); }
  void set_numbers(NumberLog numbers) { numbers_ = std::move(numbers); }

  void add_output(torch::jit::Value* value) { code_->registerOutput(value); }

  torch::jit::Graph& code() { return *code_; }

  /// The trace, without the operations whose outputs are not used.
  Trace finish() &&;

 private:
  SymbolicValue output(torch::jit::Value* code, const c10::IValue& value,
                       const ExecutedOperation& operation);
  void share_with(torch::jit::Value* code, const std::vector<at::Tensor>& tensors,
                  torch::jit::Value* input, const c10::IValue& numbers);
  SymbolicValue unpacked_list(torch::jit::Value* code, const c10::IValue& value,
                              const ExecutedOperation& operation);

  std::shared_ptr<torch::jit::Graph> code_ = std::make_shared<torch::jit::Graph>();
  ValueInfos infos_;
  std::vector<PersistentAttribute> kept_;
  NumberLog numbers_;
  std::vector<EarlyExit> exits_;
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

/// Thrown when some iterations of a loop are recorded and data decides whether another one follows,
/// or when an early exit cannot be written as straight code. The interpretation starts again and
/// keeps the loop or branch as one operation.
struct DataDependentLoop {
  const torch::jit::Node* loop = nullptr;
};

using DataDependentLoops = std::unordered_set<const torch::jit::Node*>;

/// Interprets a model's code. Each node takes one of two ways: what is known without the numbers in
/// the input (constants, attributes, branches and loops that the shape decides, casts, containers)
/// is resolved and leaves no code; everything else is executed and recorded.
class Interpreter {
 public:
  Interpreter(const ModelCode& model, Numbers numbers, const DataDependentLoops& kept_loops)
      : model_(model), numbers_(numbers), kept_loops_(kept_loops) {}

  /// `arguments` are forward()'s; the tensors in them that depend on data become the traced code's
  /// inputs, in order.
  /// To be called once. LibTorch's exceptions pass through; where() then names the operation.
  Trace run(std::vector<SymbolicValue> arguments);

  /// The operation that ran last: "layer1.0.conv1 (aten::conv2d)".
  std::string where() const;

 private:
  void bind_arguments(std::vector<SymbolicValue> arguments);
  void add_inputs(SymbolicValue& value, const std::string& name);
  void run_outermost_block();
  void run_block(torch::jit::Block& block);
  void run_node(torch::jit::Node& node);

  // Ways to resolve a node without code; false: it has to be executed.
  bool resolve(torch::jit::Node& node);
  void copy_constant(torch::jit::Node& node);
  void read_attribute(torch::jit::Node& node);
  void write_attribute(torch::jit::Node& node);
  SymbolicValue attribute_of_module(const SymbolicValue& owner, const std::string& path,
                                    const torch::jit::Node& node);
  void copy_overwritten(torch::jit::Node& node);
  bool is_same(const torch::jit::Value* one, const torch::jit::Value* other);
  void move_reads(torch::jit::Node& node);
  void resolve_attributes(torch::jit::Node& node);
  bool resolve_branch(torch::jit::Node& node);
  bool resolve_exit(torch::jit::Node& node);
  void run_exit(torch::jit::Node& node, std::size_t side);
  std::vector<at::Tensor> early_answer(torch::jit::Block& block);
  bool unroll_loop(torch::jit::Node& node);
  bool forward_cast(torch::jit::Node& node);
  bool resolve_container_op(torch::jit::Node& node);
  void run_fork(torch::jit::Node& node);

  // Executing and recording a node.
  void execute(torch::jit::Node& node);
  std::vector<c10::IValue> outputs_of(torch::jit::Node& node, const torch::jit::Node& code,
                                      const std::vector<c10::IValue>& inputs, bool depends_on_data);
  void redirect_changed_input(torch::jit::Node& node, torch::jit::Node& code);
  std::vector<SymbolicValue> arguments_of(torch::jit::Node& node);
  void mark_written(SymbolicValue& value);
  void note_data(const at::Tensor& tensor);
  void note_written_data(const torch::jit::Node& node, const std::vector<c10::IValue>& inputs);
  void log_numbers(const torch::jit::Node& node, const std::vector<SymbolicValue>& arguments,
                   std::vector<SymbolicValue>& outputs);
  void log_position(const torch::jit::Node& node, const std::vector<SymbolicValue>& arguments);
  std::vector<PersistentAttribute> persistent_attributes() const;

  // Data-dependent branches and loops, and the lists and dicts that they change.
  void execute_with_blocks(torch::jit::Node& node);
  bool changes_container(const torch::jit::Node& node);
  void change_container(torch::jit::Node& node);
  void decide(torch::jit::Node& node, SymbolicValue& value);
  torch::jit::Node* append_returning(torch::jit::Node& node, const Values& containers);
  void require_own_containers(torch::jit::Node& node, const Values& changed);
  void note_shared(torch::jit::Node& node, const Values& changed,
                   const std::vector<SymbolicValue>& results);

  SymbolicValue& value_of(const torch::jit::Value* name) { return environment_.at(name); }
  std::vector<SymbolicValue> values_of(c10::ArrayRef<torch::jit::Value*> names);
  void bind(c10::ArrayRef<torch::jit::Value*> names, const std::vector<SymbolicValue>& values);

  const ModelCode& model_;
  Numbers numbers_;
  const DataDependentLoops& kept_loops_;
  Recorder recorder_;
  using Attribute = std::pair<const void*, std::string>;  ///< object and name

  /// Attributes that the model has assigned to.
  std::map<Attribute, SymbolicValue> assigned_;
  /// Lists and dicts that are attributes: reading one twice gives the same one.
  std::map<Attribute, SymbolicValue> containers_of_attributes_;
  /// The attributes that weights in the traced code are.
  std::unordered_map<const torch::jit::Value*, Attribute> weights_;
  /// Attributes that it has read before it assigned to them, with their paths.
  std::map<Attribute, std::string> read_first_;
  NumberLog numbers_log_;
  int number_count_ = 0;
  /// Memory into which data was written; referred to, so that its address is not given to another.
  std::map<const void*, c10::weak_intrusive_ptr<c10::StorageImpl>> written_data_;
  std::unordered_map<const torch::jit::Value*, SymbolicValue> environment_;
  const torch::jit::Node* current_ = nullptr;
};

}  // namespace scission::torchscript
