#include "torchscript/trace/interpreter.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <stdexcept>

#include "scission/base.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/ops/op_costs.hpp"
#include "torchscript/trace/attributes.hpp"
#include "torchscript/trace/operations.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

constexpr std::int64_t max_iterations = 10'000;

// Whether the operation has a kernel that can be called by itself, as most do. Containers, branches
// and loops are instructions of LibTorch's interpreter.
bool is_callable(const Node& node) {
  return node.blocks().empty() && node.maybeOperator() && node.maybeSchema() &&
         !node.maybeSchema()->is_vararg() && !node.maybeSchema()->is_varret();
}

// Calls that inlining leaves: of interfaces whose module data decides.
void require_no_calls(const Node& node) {
  if (node.kind() != prim::CallMethod && node.kind() != prim::CallFunction) return;
  throw Error(ErrorCode::unsupported,
              "calls code that cannot be inlined; give the model as torch.jit.trace() makes it",
              describe(node));
}

// Whether the shape of the tensor, or of one in the list, or a list's length depends on data.
bool shape_depends_on_data(const SymbolicValue& value) {
  if (value.depends.shape_on_data) return true;
  if (!value.container) return false;
  const std::vector<SymbolicValue>& elements = value.container->elements;
  return value.container->decided != nullptr ||
         std::any_of(elements.begin(), elements.end(), shape_depends_on_data);
}

Dependence dependence_of(const std::vector<SymbolicValue>& values) {
  Dependence all;
  for (const SymbolicValue& value : values) {
    all.on_data = all.on_data || depends_on_data(value);
    all.shape_on_data = all.shape_on_data || shape_depends_on_data(value);
  }
  return all;
}

bool has_number_from_data(const std::vector<SymbolicValue>& values) {
  return std::any_of(values.begin(), values.end(), [](const SymbolicValue& value) {
    return depends_on_data(value) && !holds_tensors(contents(value));
  });
}

// What the outputs depend on: `reads` is what the operation reads, nested blocks included.
Dependence output_dependence(const Node& node, const std::vector<SymbolicValue>& arguments,
                             const std::vector<c10::IValue>& inputs, const Dependence& reads) {
  Dependence outputs;
  outputs.shape_on_data = keeps_shape(node)
                              ? shape_depends_on_data(arguments.at(0))
                              : reads.shape_on_data || has_data_dependent_shape(node, inputs) ||
                                    has_number_from_data(arguments);
  outputs.on_data =
      reads_shape_only(node) ? outputs.shape_on_data : reads.on_data || node.isNondeterministic();
  return outputs;
}

void require_evaluation(const Node& node, const std::vector<c10::IValue>& inputs) {
  if (!is_training(node, inputs)) return;
  throw Error(ErrorCode::unsupported,
              "works as in training: a trace that was made in training mode stays in it, so call "
              "eval() before tracing; code has to pass training=self.training",
              describe(node));
}

// TorchScript has no constants of sparse tensors, and segments' files no bytes of them.
void require_dense(const c10::IValue& weight, const std::string& path, const Node& reader) {
  for (const at::Tensor& tensor : tensors_in(weight)) {
    if (!tensor.defined() || (tensor.layout() == at::kStrided && !tensor.is_nested())) continue;
    throw Error(ErrorCode::unsupported,
                fmt::format("reads its weight '{}', which is a sparse or nested tensor; keep it as "
                            "{}.to_dense(), or keep its indices and values as two buffers and "
                            "make the sparse tensor of them in forward()",
                            path, path),
                describe(reader));
  }
}

// Whether the operation's later arguments are positions in a list, or keys of a dict.
bool uses_positions(const Node& node) {
  static const std::unordered_set<std::string> names = {
      "aten::__getitem__", "aten::_set_item", "aten::insert", "aten::pop",
      "aten::Delete",      "aten::get",       "aten::slice",  "aten::__contains__"};
  return names.contains(node.kind().toQualString());
}

// Tensors in a list are changed in place by operators such as aten::_foreach_add_.
void require_no_tensors_changed_in_list(const Node& node) {
  const auto* schema = node.maybeSchema();
  if (!schema || !schema->is_mutable()) return;
  for (const c10::Argument& argument : schema->arguments()) {
    const auto list = argument.type()->cast<c10::ListType>();
    const bool has_tensors = list && list->getElementType()->kind() == c10::TypeKind::TensorType;
    if (!has_tensors || !argument.alias_info()) continue;
    throw Error(ErrorCode::unsupported,
                "changes the tensors in a list in place, which cannot be followed; change them one "
                "by one",
                describe(node));
  }
}

constexpr const char* shared_by_data =
    "changes a list or dict that it may know by another name, as data decides; change a copy of "
    "it, such as list(x)";

void require_not_shared(const Node& node, const Container& container) {
  const auto is_known = [](const std::weak_ptr<Container>& other) { return !other.expired(); };
  if (container.is_shared ||
      std::any_of(container.maybe_same.begin(), container.maybe_same.end(), is_known)) {
    throw Error(ErrorCode::unsupported, shared_by_data, describe(node));
  }
}

// From now on data decides whether the lists and dicts in the value, and those that may be the
// same, are known by another name.
void mark_shared(const SymbolicValue& value) {
  for (const auto& container : containers_in(value)) {
    container->is_shared = true;
    for (const std::weak_ptr<Container>& each : container->maybe_same) {
      if (const auto other = each.lock()) other->is_shared = true;
    }
  }
}

// From now on data decides whether `result` is `source`, or what that may be.
void may_be_same(const std::shared_ptr<Container>& result,
                 const std::shared_ptr<Container>& source) {
  result->is_shared = result->is_shared || source->is_shared;
  std::vector<std::weak_ptr<Container>> others = source->maybe_same;
  others.push_back(source);
  for (const std::weak_ptr<Container>& each : others) {
    const std::shared_ptr<Container> other = each.lock();
    if (!other || other == result) continue;
    result->maybe_same.push_back(other);
    other->maybe_same.push_back(result);
  }
}

// The contents; a list or dict that nothing else refers to.
c10::IValue own_contents(const SymbolicValue& value) {
  const c10::IValue shared = contents(value);
  if (shared.isList()) return shared.toList().copy();
  if (shared.isGenericDict()) return shared.toGenericDict().copy();
  return shared;
}

// Notes what an operation takes or gives: a list's elements one by one.
void add_items(const SymbolicValue& value, std::vector<NumberItem>& items) {
  if (value.container) {
    for (const SymbolicValue& element : value.container->elements) add_items(element, items);
    return;
  }
  NumberItem item;
  item.number = value.number;
  item.is_data = depends_on_data(value);
  if (value.value.isTensor()) {
    const at::Tensor& tensor = value.value.toTensor();
    item.is_tensor = true;
    if (tensor.defined() && !tensor.is_nested() && tensor.layout() == at::kStrided) {
      item.shape = tensor.sizes().vec();
      const bool is_number = !item.is_data && tensor.numel() == 1 && !tensor.is_quantized();
      if (is_number && at::isIntegralType(tensor.scalar_type(), false)) {
        item.value = tensor.item<std::int64_t>();
      } else if (is_number && tensor.scalar_type() == at::kBool) {
        item.value = tensor.item<bool>();
      } else if (is_number && tensor.is_floating_point()) {
        item.value = tensor.item<double>();
      }
    }
  } else if (!item.is_data && (value.value.isScalar() || value.value.isString())) {
    item.value = value.value;
  }
  items.push_back(std::move(item));
}

std::vector<std::vector<NumberItem>> items_of(const std::vector<SymbolicValue>& values) {
  std::vector<std::vector<NumberItem>> all(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) add_items(values[i], all[i]);
  return all;
}

void set_numbers(SymbolicValue& value, int& count) {
  if (value.container) {
    for (SymbolicValue& element : value.container->elements) set_numbers(element, count);
  } else {
    value.number = count++;
  }
}

// The class of the object whose attribute the operation reads or assigns to; null for a module's.
const c10::ClassType* class_of_object(const Node& node) {
  const auto* type = node.input(0)->type()->castRaw<c10::ClassType>();
  return type && !type->is_module() ? type : nullptr;
}

// In a data-dependent branch, attributes that cannot be read before it cannot be followed.
void require_no_attributes(Node& node) {
  const bool has_own_objects = keeps_objects_inside(node);
  for (torch::jit::Block* block : node.blocks()) {
    for (Node* inner : block->nodes()) {
      if (inner->kind() == prim::GetAttr || inner->kind() == prim::SetAttr) {
        const c10::ClassType* type = class_of_object(*inner);
        if (type && has_own_objects) continue;
        if (type) {
          throw Error(
              ErrorCode::unsupported,
              fmt::format("uses '{}' of an object of class {} in a data-dependent branch or "
                          "loop, which cannot be followed; use tensors there, and put "
                          "them into the object behind it",
                          inner->s(c10::attr::name), type->name()->name()),
              describe(node));
        }
        throw Error(ErrorCode::unsupported,
                    fmt::format("keeps state: in a data-dependent branch or loop, it uses its "
                                "'{}', to which it assigns; pass such values as arguments and "
                                "results of forward()",
                                inner->s(c10::attr::name)),
                    describe(node));
      }
      if (!has_own_objects) require_no_attributes(*inner);
    }
  }
}

// Whether the operation overwrites all of its first argument.
bool overwrites_first(const Node& node) {
  static const std::unordered_set<std::string> names = {"aten::zero_", "aten::fill_",
                                                        "aten::copy_"};
  return names.contains(node.kind().toQualString());
}

// Whether the code reads the tensor's elements.
bool is_read(const Value& tensor) {
  const auto& uses = tensor.uses();
  return std::any_of(uses.begin(), uses.end(),
                     [](const torch::jit::Use& use) { return !reads_shape_only(*use.user); });
}

void replace_code(SymbolicValue& value, const Value* code, const SymbolicValue& by) {
  if (value.container) {
    for (SymbolicValue& element : value.container->elements) replace_code(element, code, by);
  } else if (value.code == code) {
    value = by;
  }
}

using Releases = std::unordered_map<const Node*, std::vector<const Value*>>;

// By node of the outermost block: the values that no later node reads.
Releases last_readers(Graph& code) {
  std::unordered_map<const Value*, const Node*> last;
  for (Node* node : code.nodes()) {
    for (const Value* value : outside_reads({node})) last[value] = node;
  }
  for (const Value* output : code.outputs()) last.erase(output);
  Releases releases;
  for (const auto& [value, node] : last) releases[node].push_back(value);
  return releases;
}

// "x" of "x.1", as the compiler calls the argument x.
std::string argument_name(const Value& argument) {
  if (!argument.hasDebugName()) return {};
  const std::string name = argument.debugName();
  const std::size_t dot = name.rfind('.');
  const bool is_numbered = dot != std::string::npos && dot > 0 &&
                           name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
  return is_numbered ? name.substr(0, dot) : name;
}

}  // namespace

std::string Interpreter::where() const { return current_ ? describe(*current_) : "its inputs"; }

Trace Interpreter::run(std::vector<SymbolicValue> arguments) {
  bind_arguments(std::move(arguments));
  run_outermost_block();
  for (const Value* output : model_.graph->outputs()) {
    recorder_.add_output(code_of(value_of(output), recorder_.code()));
  }
  recorder_.set_persistent(persistent_attributes());
  recorder_.set_numbers(std::move(numbers_log_));
  return std::move(recorder_).finish();
}

void Interpreter::bind_arguments(std::vector<SymbolicValue> arguments) {
  c10::ArrayRef<Value*> names = model_.graph->inputs();
  environment_[names[0]] = constant_value(model_.self._ivalue());
  names = names.slice(1);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    add_inputs(arguments[i], argument_name(*names[i]));
    environment_[names[i]] = std::move(arguments[i]);
  }
}

// Tensors in tuples and lists are inputs one by one: "state.0", "state.1".
void Interpreter::add_inputs(SymbolicValue& value, const std::string& name) {
  if (value.container) {
    std::size_t place = 0;
    for (SymbolicValue& element : value.container->elements) {
      add_inputs(element, fmt::format("{}.{}", name, place++));
    }
  } else if (value.depends.on_data) {
    value.code = recorder_.add_input(name, value.value.toTensor());
  }
}

void Interpreter::run_outermost_block() {
  const Releases releases = last_readers(*model_.graph);
  for (Node* node : model_.graph->nodes()) {
    run_node(*node);
    const auto released = releases.find(node);
    if (released == releases.end()) continue;
    for (const Value* value : released->second) {
      // An object may be assigned to behind the branch or loop that was the last one to read it.
      if (value->type()->kind() != c10::TypeKind::ClassType) environment_.erase(value);
    }
  }
}

void Interpreter::run_node(Node& node) {
  current_ = &node;
  if (!resolve(node)) execute(node);
}

void Interpreter::run_block(torch::jit::Block& block) {
  for (Node* node : block.nodes()) run_node(*node);
}

bool Interpreter::resolve(Node& node) {
  switch (node.kind()) {
    case prim::Constant:
      copy_constant(node);
      return true;
    case prim::Uninitialized: {
      SymbolicValue unread = constant_value(c10::IValue());
      unread.code = recorder_.add_constant(node);
      environment_[node.output()] = std::move(unread);
      return true;
    }
    case prim::GetAttr:
      read_attribute(node);
      return true;
    case prim::SetAttr:
      write_attribute(node);
      return true;
    case prim::RaiseException:
      throw std::runtime_error(contents(value_of(node.inputs().at(0))).toStringRef());
    case c10::aten::warn:
    case prim::Print:
    case prim::Enter:  // of no_grad(), which is on anyway
    case prim::Exit:
      return true;
    case prim::fork:
      run_fork(node);
      return true;
    case c10::aten::wait:
      environment_[node.output()] = value_of(node.input());
      return true;
    case prim::If:
      return resolve_branch(node);
    case prim::Loop:
      return unroll_loop(node);
    default:
      return forward_cast(node) || resolve_container_op(node);
  }
}

void Interpreter::copy_constant(Node& node) {
  // A function has no value; calls of it are inlined.
  const c10::IValue value = torch::jit::toIValue(node.output()).value_or(c10::IValue());
  if (nests_containers(node.output()->type())) {  // an attribute whose lists inside may be changed
    SymbolicValue attribute = known_value(value, node.output()->type());
    set_owner(attribute, node.output()->debugName());
    environment_[node.output()] = std::move(attribute);
    return;
  }
  SymbolicValue constant = constant_value(value);
  constant.code = recorder_.add_constant(node);
  environment_[node.output()] = std::move(constant);
}

// An attribute of a module: a submodule, a weight, or a constant; or what the model assigned to it.
void Interpreter::read_attribute(Node& node) {
  const SymbolicValue owner = value_of(node.input());
  const std::string& name = node.s(c10::attr::name);
  const Attribute key{owner.value.toObject().get(), name};
  const auto assigned = assigned_.find(key);
  if (assigned != assigned_.end()) {
    environment_[node.output()] = assigned->second;
    return;
  }
  const std::string path = owner.path.empty() ? name : owner.path + "." + name;
  read_first_.try_emplace(key, path);
  const auto known = containers_of_attributes_.find(key);
  if (known != containers_of_attributes_.end()) {
    environment_[node.output()] = known->second;
    return;
  }
  environment_[node.output()] = attribute_of_module(owner, path, node);
  const SymbolicValue& attribute = value_of(node.output());
  if (attribute.container) containers_of_attributes_.emplace(key, attribute);
}

SymbolicValue Interpreter::attribute_of_module(const SymbolicValue& owner, const std::string& path,
                                               const Node& node) {
  c10::IValue content = owner.value.toObjectRef().getAttr(node.s(c10::attr::name));
  if (content.isCustomClass()) {  // packed weights: as a constant
    content = content.toObject()->copy_to_weak_compilation_ref();
  }
  require_dense(content, path, node);
  SymbolicValue attribute = known_value(content, node.output()->type());
  attribute.path = path;
  const void* object = owner.value.toObject().get();
  const auto add_weight = [&](SymbolicValue& value, const std::string& name) {
    if (value.container || !value.value.isTensor() || !value.value.toTensor().defined()) return;
    value.code = recorder_.add_weight(object, name, value.value.toTensor());
  };
  add_weight(attribute, path);
  if (attribute.code) weights_[attribute.code] = {object, node.s(c10::attr::name)};
  set_owner(attribute, path);
  for (const auto& container : containers_in(attribute)) {
    for (std::size_t i = 0; i < container->elements.size(); ++i) {
      add_weight(container->elements[i], fmt::format("{}.{}", path, i));
    }
  }
  return attribute;
}

// The assignment is seen by what reads the attribute later in this run; see persistent_attributes()
// for the next run.
void Interpreter::write_attribute(Node& node) {
  const SymbolicValue& owner = value_of(node.inputs().at(0));
  const std::string& name = node.s(c10::attr::name);
  assigned_[{owner.value.toObject().get(), name}] = value_of(node.inputs().at(1));
}

// Attributes that are read before they are assigned to, or whose lists the model sets. A model
// without any runs alike every time: what its run has read, no run before it has changed, and so
// every run takes the same branches.
std::vector<PersistentAttribute> Interpreter::persistent_attributes() const {
  std::vector<PersistentAttribute> kept;
  for (const auto& [attribute, path] : read_first_) {
    const auto assigned = assigned_.find(attribute);
    if (assigned == assigned_.end()) continue;
    kept.push_back({path, depends_on_data(assigned->second)});
  }
  for (const auto& [attribute, value] : containers_of_attributes_) {
    const auto inside = containers_in(value);
    if (std::any_of(inside.begin(), inside.end(), [](const auto& one) { return one->is_set; })) {
      kept.push_back({read_first_.at(attribute), false});
    }
  }
  return kept;
}

// A buffer that this run overwrites before it reads it is memory to work in: no run reads what an
// earlier one has left there. A copy is changed.
void Interpreter::copy_overwritten(Node& node) {
  if (!overwrites_first(node)) return;
  const SymbolicValue buffer = value_of(node.input(0));
  const auto known = weights_.find(buffer.code);
  if (known == weights_.end() || is_read(*buffer.code)) return;
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    if (value_of(node.input(i)).code == buffer.code) return;
  }
  const Attribute attribute = known->second;
  if (is_known_otherwise(model_, attribute.first, attribute.second)) return;
  const SymbolicValue copy = recorder_.copy_weight(node, buffer.code, buffer.value.toTensor());
  for (auto& [name, value] : environment_) replace_code(value, buffer.code, copy);
  assigned_[attribute] = copy;
  read_first_.erase(attribute);
}

// In a data-dependent branch or loop: attributes are read before it and assigned behind it.
void Interpreter::resolve_attributes(Node& node) {
  move_reads(node);
  const auto same = [this](const Value* one, const Value* other) { return is_same(one, other); };
  for (Node* read : return_attributes(node, same)) run_node(*read);
  current_ = &node;
}

bool Interpreter::is_same(const Value* one, const Value* other) {
  return value_of(one).value.is(value_of(other).value);
}

void Interpreter::move_reads(Node& node) {
  const auto same = [this](const Value* one, const Value* other) { return is_same(one, other); };
  for (Nodes reads; !(reads = movable_reads(node, same)).empty();) {
    for (Node* read : reads) {
      read->moveBefore(&node);
      run_node(*read);
    }
  }
  current_ = &node;
}

bool Interpreter::resolve_branch(Node& node) {
  const SymbolicValue& condition = value_of(node.input());
  if (condition.depends.on_data) return resolve_exit(node);
  torch::jit::Block* taken = node.blocks().at(condition.value.toBool() ? 0 : 1);
  run_block(*taken);
  bind(node.outputs(), values_of(taken->outputs()));
  return true;
}

// Loops over ranges and layers, and while-loops that shapes decide.
bool Interpreter::unroll_loop(Node& node) {
  const SymbolicValue& count = value_of(node.inputs().at(0));
  SymbolicValue condition = value_of(node.inputs().at(1));
  if (kept_loops_.contains(&node) || count.depends.on_data || condition.depends.on_data) {
    return false;
  }
  torch::jit::Block& body = *node.blocks().at(0);
  std::vector<SymbolicValue> carried = values_of(node.inputs().slice(2));
  for (std::int64_t i = 0; condition.value.toBool() && i < count.value.toInt(); ++i) {
    if (i == max_iterations) throw DataDependentLoop{&node};
    environment_[body.inputs()[0]] = constant_value(i);
    bind(body.inputs().slice(1), carried);
    run_block(body);
    condition = value_of(body.outputs().at(0));
    if (condition.depends.on_data) throw DataDependentLoop{&node};
    carried = values_of(body.outputs().slice(1));
  }
  bind(node.outputs(), carried);
  return true;
}

// Casts assert something about a type and compute nothing.
bool Interpreter::forward_cast(Node& node) {
  const bool unwraps = node.kind() == c10::aten::_unwrap_optional;
  if (node.kind() != prim::unchecked_cast && node.kind() != prim::unchecked_unwrap_optional &&
      !unwraps) {
    return false;
  }
  const SymbolicValue& input = value_of(node.inputs().at(0));
  if (unwraps && contents(input).isNone()) return false;
  const Value* const known = input.container ? input.container->decided : input.code;
  const bool is_optional = known && known->type()->kind() == c10::TypeKind::OptionalType;
  if (is_optional && node.output()->type()->kind() != c10::TypeKind::OptionalType) {
    // Data decides whether it is None: the operations behind an early exit take a tensor alone.
    Node* code = recorder_.append(
        node, [this](Value* name) { return code_of(value_of(name), recorder_.code()); });
    const c10::IValue value = contents(input);
    const Dependence depends = dependence_of({input});
    mark_shared(input);
    bind(node.outputs(), recorder_.record({code, &node, {value}, {value}, depends}));
    mark_shared(value_of(node.output()));
  } else {
    environment_[node.output()] = input;
  }
  return true;
}

bool Interpreter::resolve_container_op(Node& node) {
  if (changes_container(node)) require_not_shared(node, *value_of(node.input(0)).container);
  std::vector<SymbolicValue> inputs = values_of(node.inputs());
  const auto outputs = run_container_op(node, inputs);
  if (outputs) {
    log_position(node, inputs);
    bind(node.outputs(), *outputs);
  }
  return outputs.has_value();
}

void Interpreter::execute(Node& node) {
  if (!node.blocks().empty()) return execute_with_blocks(node);
  if (changes_container(node)) return change_container(node);
  copy_overwritten(node);
  const std::vector<SymbolicValue> arguments = arguments_of(node);
  std::vector<c10::IValue> inputs;
  for (const SymbolicValue& argument : arguments) inputs.push_back(contents(argument));
  require_evaluation(node, inputs);
  require_no_tensors_changed_in_list(node);
  require_no_calls(node);
  // Tensors that were not computed are contiguous, regardless of what the model does with them.
  if (numbers_ == Numbers::fake && reads_layout(node)) throw NumbersNeeded{};

  Node* code = recorder_.append(
      node, [this](Value* name) { return code_of(value_of(name), recorder_.code()); });
  const Dependence reads = dependence_of(values_of(outside_reads({&node})));
  if (numbers_ == Numbers::fake && reads.on_data && needs_numbers(node)) throw NumbersNeeded{};
  if (reads.on_data) note_written_data(node, inputs);
  std::vector<c10::IValue> outputs = outputs_of(node, *code, inputs, reads.on_data);
  const Dependence depends = output_dependence(node, arguments, inputs, reads);
  if (numbers_ == Numbers::fake && depends.on_data &&
      !std::all_of(outputs.begin(), outputs.end(), holds_tensors)) {
    throw NumbersNeeded{};
  }
  std::vector<SymbolicValue> results =
      recorder_.record({code, &node, std::move(inputs), std::move(outputs), depends});
  log_numbers(node, arguments, results);
  for (SymbolicValue& result : results) {
    const bool is_new = makes_container(node);
    if (!result.container || !result.container->decided || is_new) continue;
    result.container->is_shared = true;
    for (const SymbolicValue& argument : arguments) mark_shared(argument);
  }
  bind(node.outputs(), results);
  redirect_changed_input(node, *code);
}

// A tensor that was computed without data depends on it once data was written into its memory.
std::vector<SymbolicValue> Interpreter::arguments_of(Node& node) {
  if (!written_data_.empty()) {
    for (const Value* read : node.inputs()) mark_written(value_of(read));
  }
  return values_of(node.inputs());
}

void Interpreter::mark_written(SymbolicValue& value) {
  if (value.container) {
    for (SymbolicValue& element : value.container->elements) mark_written(element);
  } else if (!value.depends.on_data && value.value.isTensor()) {
    const at::Tensor& tensor = value.value.toTensor();
    value.depends.on_data = tensor.defined() && tensor.has_storage() &&
                            written_data_.contains(tensor.storage().unsafeGetStorageImpl());
  }
}

void Interpreter::note_written_data(const Node& node, const std::vector<c10::IValue>& inputs) {
  const auto* schema = node.maybeSchema();
  if (!schema || !schema->is_mutable()) return;
  const auto& arguments = schema->arguments();
  for (std::size_t i = 0; i < std::min(arguments.size(), inputs.size()); ++i) {
    const auto* alias = arguments[i].alias_info();
    if (!alias || !alias->isWrite()) continue;
    for (const at::Tensor& tensor : tensors_in(inputs[i])) note_data(tensor);
  }
}

void Interpreter::note_data(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return;
  written_data_.try_emplace(tensor.storage().unsafeGetStorageImpl(),
                            tensor.storage().getWeakStorageImpl());
}

// Notes an operation on what is computed from sizes.
void Interpreter::log_numbers(const Node& node, const std::vector<SymbolicValue>& arguments,
                              std::vector<SymbolicValue>& outputs) {
  std::vector<std::vector<NumberItem>> inputs = items_of(arguments);
  const bool reads_numbers = std::any_of(inputs.begin(), inputs.end(), [](const auto& items) {
    return std::any_of(items.begin(), items.end(),
                       [](const NumberItem& item) { return item.number >= 0; });
  });
  if (!reads_numbers && !starts_size_arithmetic(node)) return;
  NumberStep step{&node, false, has_writes(node), std::move(inputs), {}};
  for (SymbolicValue& output : outputs) {
    set_numbers(output, number_count_);
    add_items(output, step.outputs);
  }
  numbers_log_.push_back(std::move(step));
}

// Notes the position in a list, or the key of a dict, that is computed from sizes.
void Interpreter::log_position(const Node& node, const std::vector<SymbolicValue>& arguments) {
  if (node.kind().toQualString() == std::string_view("aten::sort") ||
      node.kind().toQualString() == std::string_view("aten::sorted")) {
    numbers_log_.push_back({&node, true, false, items_of({arguments[0]}), {}});
  }
  if (arguments.size() < 2 || !uses_positions(node)) return;
  std::vector<std::vector<NumberItem>> inputs = items_of({arguments.begin() + 1, arguments.end()});
  // What is put there is no position.
  if (node.kind() != c10::aten::slice) inputs.resize(1);
  numbers_log_.push_back({&node, true, false, std::move(inputs), {}});
}

// The lists and dicts that the branch or loop changes become outputs of its copy in the traced
// code, where everything that reads them later reads these.
//
// The order matters. The dependence is that of the values before the node changes them. The node
// runs on copies of its lists and dicts, which hold the changed contents afterwards. The results
// are recorded first, because sharing memory and setting the changed containers refer to the
// recorded outputs.
void Interpreter::execute_with_blocks(Node& node) {
  resolve_attributes(node);
  require_no_attributes(node);
  const Values reads = outside_reads({&node});
  for (Value* read : reads) mark_written(value_of(read));
  // In a data-dependent branch, the shapes and the lengths of lists depend on data too.
  Dependence depends = dependence_of(values_of(reads));
  depends.shape_on_data = depends.shape_on_data || depends.on_data;
  if (numbers_ == Numbers::fake && depends.on_data) throw NumbersNeeded{};
  const Values changed = changed_containers(node);
  require_own_containers(node, changed);

  std::unordered_map<const Value*, c10::IValue> contents_of;
  std::vector<c10::IValue> stack;
  for (Value* read : reads) stack.push_back(contents_of[read] = own_contents(value_of(read)));
  Node* code = append_returning(node, changed);

  std::vector<c10::IValue> outputs =
      Program(subgraph({&node}, reads, node.outputs().vec()), where()).run(std::move(stack));
  for (const Value* container : changed) outputs.push_back(contents_of.at(container));
  std::vector<c10::IValue> inputs;
  for (const SymbolicValue& argument : values_of(node.inputs())) {
    inputs.push_back(contents(argument));
  }
  const std::vector<SymbolicValue> results =
      recorder_.record({code, &node, std::move(inputs), outputs, depends});
  bind(node.outputs(), results);
  for (Value* written : written_from_outside(node)) {
    if (is_constant(written)) continue;
    for (const at::Tensor& tensor : tensors_in(contents(value_of(written)))) note_data(tensor);
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].isTensor()) {
      recorder_.share_memory(code->outputs()[i], aliased_by(*code, i));
    } else if (holds_tensors(outputs[i])) {  // any of those that the node reads
      recorder_.share_memory(code->outputs()[i], outside_reads({code}));
    }
  }
  note_shared(node, changed, results);
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const std::size_t place = node.outputs().size() + i;
    set_decided(*value_of(changed[i]).container, code->outputs()[place], outputs[place]);
  }
}

// Lists and dicts that the branch or loop returns, or puts into others. What it returns may be
// known by another name: as another result, inside of another one, or, if it is the only one, as
// one of those from outside that it may be, as long as the model reads that.
void Interpreter::note_shared(Node& node, const Values& changed,
                              const std::vector<SymbolicValue>& results) {
  const bool puts_inside = std::any_of(changed.begin(), changed.end(), [](const Value* container) {
    return nests_containers(container->type());
  });
  const auto count =
      std::count_if(node.outputs().begin(), node.outputs().end(),
                    [](const Value* output) { return holds_containers(output->type()); });
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    const std::shared_ptr<Container>& result = results[i].container;
    const bool is_alone =
        result && count == 1 && !puts_inside && !nests_containers(node.outputs()[i]->type());
    if (result && !is_alone) result->is_shared = true;
    for (Value* source : containers_behind(node, i)) {
      const bool is_fixed = is_constant(source);
      const std::shared_ptr<Container> other = is_fixed ? nullptr : value_of(source).container;
      // Of what it takes out of another one the model may know a name besides.
      if (is_alone && other && !nests_containers(source->type())) {
        may_be_same(result, other);
      } else {
        if (!is_fixed) mark_shared(value_of(source));
        if (result) result->is_shared = true;
      }
    }
  }
  if (!puts_inside) return;
  for (Value* read : outside_reads({&node})) mark_shared(value_of(read));
}

// Whether the operation changes a list or dict that is its first argument.
bool Interpreter::changes_container(const Node& node) {
  const auto* schema = node.maybeSchema();
  if (node.inputs().empty() || !schema || schema->arguments().empty()) return false;
  const auto* alias = schema->arguments()[0].alias_info();
  return alias && alias->isWrite() && value_of(node.inputs()[0]).container;
}

// Lets data decide the contents of a list or dict whose elements were known until now.
void Interpreter::decide(Node& node, SymbolicValue& value) {
  Container& container = *value.container;
  const bool nests = std::any_of(
      container.elements.begin(), container.elements.end(), [](const SymbolicValue& element) {
        const auto inside = containers_in(element);
        return std::any_of(inside.begin(), inside.end(), [](const auto& inner) {
          return inner->type->kind() != c10::TypeKind::TupleType;
        });
      });
  if (nests) {
    throw Error(ErrorCode::unsupported,
                "changes a list of lists or dicts at a place that data decides, which cannot be "
                "followed; use a tensor, or one list",
                describe(node));
  }
  c10::IValue own = own_contents(value);
  Value* code = code_of(value, recorder_.code());
  set_decided(container, code, std::move(own));
}

// The list or dict is copied first, so that readers before are not affected; readers after it read
// the copy, by whichever name they know it.
void Interpreter::change_container(Node& node) {
  SymbolicValue changed = value_of(node.input(0));
  Container& container = *changed.container;
  if (!container.owner.empty()) {
    throw Error(ErrorCode::unsupported,
                fmt::format("keeps state: it changes its '{}' while it runs", container.owner),
                describe(node));
  }
  require_not_shared(node, container);
  if (numbers_ == Numbers::fake) throw NumbersNeeded{};
  if (nests_containers(container.type)) {
    for (Value* input : node.inputs().slice(1)) mark_shared(value_of(input));
  }
  if (is_tracked(changed)) decide(node, changed);

  Value* before = container.decided;
  Values reads;
  for (Value* name : node.inputs()) reads.push_back(code_of(value_of(name), recorder_.code()));
  Node* code = recorder_.append_change(node, before, [&](Value* name) {
    const auto place = std::find(node.inputs().begin(), node.inputs().end(), name);
    return reads.at(static_cast<std::size_t>(place - node.inputs().begin()));
  });
  const c10::IValue own = own_contents(changed);
  torch::jit::Stack stack;
  for (const SymbolicValue& argument : values_of(node.inputs())) {
    stack.push_back(contents(argument));
  }
  stack.at(0) = own;
  node.getOperation()(stack);
  std::vector<c10::IValue> outputs;
  Values names;
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    if (node.outputs()[i]->type()->kind() == container.type->kind() && stack.at(i).is(own)) {
      environment_[node.outputs()[i]] = changed;
    } else {
      outputs.push_back(stack.at(i));
      names.push_back(node.outputs()[i]);
    }
  }
  outputs.push_back(own);
  const std::vector<SymbolicValue> results =
      recorder_.record({code, &node, {}, outputs, {true, true}});  // the branch has none of them
  bind(names, results);
  for (Value* output : code->outputs()) recorder_.share_memory(output, reads);
  set_decided(container, code->outputs().back(), own);
}

// The task runs where it is started. Whoever waits for it gets its result.
void Interpreter::run_fork(Node& node) {
  const std::shared_ptr<Graph> task = node.g(c10::attr::Subgraph);
  bind(task->inputs(), values_of(node.inputs()));
  run_block(*task->block());
  environment_[node.output()] = value_of(task->outputs().at(0));
}

// The copy of the node in the traced code, which returns the containers behind its own outputs.
Node* Interpreter::append_returning(Node& node, const Values& containers) {
  std::unordered_map<const Value*, Value*> packed;
  Values returned;
  for (Value* container : containers) {
    returned.push_back(recorder_.copy_container(code_of(value_of(container), recorder_.code())));
    packed[container] = returned.back();
  }
  Node* code = recorder_.append(node, [&](Value* name) {
    const auto own = packed.find(name);
    return own == packed.end() ? code_of(value_of(name), recorder_.code()) : own->second;
  });
  recorder_.return_containers(*code, returned);
  return code;
}

// Refuses what would be seen by other names too: state of the module, and containers that are
// inside of others or that data has chosen.
void Interpreter::require_own_containers(Node& node, const Values& changed) {
  const auto refuse = [&](const std::string& message) {
    throw Error(ErrorCode::unsupported, message, describe(node));
  };
  for (Value* name : changed) {
    const std::shared_ptr<Container> container = value_of(name).container;
    if (!container) refuse(shared_by_data);
    require_not_shared(node, *container);
    if (!container->owner.empty()) {
      refuse(fmt::format("keeps state: it changes its '{}' while it runs", container->owner));
    }
    for (Value* read : outside_reads({&node})) {
      const auto inside = containers_in(value_of(read));
      const bool shares = std::find(inside.begin(), inside.end(), container) != inside.end();
      if (read != name && shares) {
        refuse("changes a list that it knows by two names, in a data-dependent branch or loop");
      }
    }
  }
}

std::vector<c10::IValue> Interpreter::outputs_of(Node& node, const Node& code,
                                                 const std::vector<c10::IValue>& inputs,
                                                 bool depends_on_data) {
  if (numbers_ == Numbers::fake && depends_on_data) {
    if (has_data_dependent_shape(code, inputs)) throw NumbersNeeded{};
    if (auto changed = change_in_place(code, inputs)) return {*changed};
    if (auto tensors = has_writes(code) ? std::nullopt : fake_outputs(code, inputs))
      return {tensors->begin(), tensors->end()};
  }
  if (is_callable(node)) {
    torch::jit::Stack stack = inputs;
    node.getOperation()(stack);
    return stack;
  }
  const Values reads = outside_reads({&node});
  std::vector<c10::IValue> arguments;
  for (const SymbolicValue& read : values_of(reads)) arguments.push_back(contents(read));
  return Program(subgraph({&node}, reads, node.outputs().vec()), where()).run(std::move(arguments));
}

// Later readers of a tensor that was changed in place read the operation's output, which is the
// same tensor, so that the code states the order.
void Interpreter::redirect_changed_input(Node& node, Node& code) {
  const Values writes = writes_of(code);
  if (writes.size() != 1 || code.outputs().size() != 1) return;
  const SymbolicValue& output = value_of(node.output());
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    if (code.inputs()[i] != writes[0]) continue;
    SymbolicValue& changed = value_of(node.inputs()[i]);
    if (!changed.container && !output.container && changed.value.isTensor() &&
        changed.value.is(output.value)) {
      changed.code = output.code;
    }
  }
}

std::vector<SymbolicValue> Interpreter::values_of(c10::ArrayRef<Value*> names) {
  std::vector<SymbolicValue> values;
  values.reserve(names.size());
  for (const Value* name : names) values.push_back(value_of(name));
  return values;
}

void Interpreter::bind(c10::ArrayRef<Value*> names, const std::vector<SymbolicValue>& values) {
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
    environment_[names[i]] = values[i];
  }
}

}  // namespace scission::torchscript
