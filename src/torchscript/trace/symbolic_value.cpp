// Values of an interpreted model: known constants, tensors, and containers of them.
#include "torchscript/trace/interpreter.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

using Elements = std::vector<SymbolicValue>;

// As a plain shared_ptr: container types are never LibTorch's singletons.
std::shared_ptr<c10::SharedType> container_type(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::ListType:
      return type->expect<c10::ListType>();
    case c10::TypeKind::DictType:
      return type->expect<c10::DictType>();
    default:
      return type->expect<c10::TupleType>();
  }
}

void note_all_read(Container& container) {
  if (container.owner.empty()) return;
  container.is_read = true;
  for (std::size_t i = 0; i < container.elements.size(); ++i) note_read(container, i);
}

c10::IValue list_contents(const Container& list) {
  c10::impl::GenericList values(list.type->expectRef<c10::ListType>().getElementType());
  values.reserve(list.elements.size());
  for (const SymbolicValue& element : list.elements) values.push_back(contents(element));
  return values;
}

c10::IValue dict_contents(const Container& dict) {
  const auto& type = dict.type->expectRef<c10::DictType>();
  c10::impl::GenericDict values(type.getKeyType(), type.getValueType());
  for (std::size_t i = 0; i < dict.elements.size(); ++i) {
    values.insert(dict.keys[i], contents(dict.elements[i]));
  }
  return values;
}

c10::IValue tuple_contents(const Container& tuple) {
  std::vector<c10::IValue> values;
  for (const SymbolicValue& element : tuple.elements) values.push_back(contents(element));
  const auto type = tuple.type->expect<c10::TupleType>();
  return type->schema() ? c10::ivalue::Tuple::createNamed(std::move(values), type)
                        : c10::ivalue::Tuple::create(std::move(values));
}

Value* pack(Container& container, Graph& graph) {
  note_all_read(container);
  const auto kind = container.type->kind();
  std::vector<Value*> parts;
  for (std::size_t i = 0; i < container.elements.size(); ++i) {
    if (kind == c10::TypeKind::DictType) parts.push_back(graph.insertConstant(container.keys[i]));
    parts.push_back(code_of(container.elements[i], graph));
  }
  const auto symbol = kind == c10::TypeKind::ListType   ? prim::ListConstruct
                      : kind == c10::TypeKind::DictType ? prim::DictConstruct
                                                        : prim::TupleConstruct;
  Node* node = graph.insertNode(graph.create(symbol, parts));
  node->output()->setType(container.type);
  return node->output();
}

}  // namespace

SymbolicValue constant_value(c10::IValue value) {
  SymbolicValue constant;
  constant.value = std::move(value);
  return constant;
}

SymbolicValue container_value(const c10::TypePtr& type, std::vector<SymbolicValue> elements,
                              std::vector<c10::IValue> keys) {
  SymbolicValue value;
  value.container = std::make_shared<Container>(
      Container{container_type(type), std::move(elements), std::move(keys)});
  return value;
}

SymbolicValue known_value(const c10::IValue& value, const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return known_value(value, optional->getElementType());
  }
  Elements elements;
  std::vector<c10::IValue> keys;
  if (value.isList()) {
    const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
    for (const c10::IValue& part : value.toListRef()) {
      elements.push_back(known_value(part, element));
    }
  } else if (value.isTuple()) {
    const auto types = type->expectRef<c10::TupleType>().elements();
    for (std::size_t i = 0; i < types.size(); ++i) {
      elements.push_back(known_value(value.toTupleRef().elements()[i], types[i]));
    }
  } else if (value.isGenericDict()) {
    const c10::TypePtr element = type->expectRef<c10::DictType>().getValueType();
    for (const auto& entry : value.toGenericDict()) {
      keys.push_back(entry.key());
      elements.push_back(known_value(entry.value(), element));
    }
  } else {
    return constant_value(value.isTensor() && value.toTensor().defined()
                              ? c10::IValue(value.toTensor().detach())
                              : value);
  }
  return container_value(type, std::move(elements), std::move(keys));
}

bool is_tracked(const SymbolicValue& value) { return value.container && !value.container->decided; }

void set_decided(Container& container, Value* code, c10::IValue contents) {
  container.elements.clear();
  container.keys.clear();
  container.decided = code;
  container.decided_contents = std::move(contents);
}

void note_read(Container& container, std::size_t element) {
  if (!container.owner.empty() && !container.replaced.contains(element)) {
    container.read.insert(element);
  }
}

void note_read(const SymbolicValue& value) {
  for (const auto& container : containers_in(value)) note_all_read(*container);
}

std::vector<std::shared_ptr<Container>> containers_in(const SymbolicValue& value) {
  std::vector<std::shared_ptr<Container>> all;
  if (!value.container) return all;
  all.push_back(value.container);
  for (const SymbolicValue& element : value.container->elements) {
    const auto inside = containers_in(element);
    all.insert(all.end(), inside.begin(), inside.end());
  }
  return all;
}

void set_owner(SymbolicValue& value, const std::string& owner) {
  for (const auto& container : containers_in(value)) container->owner = owner;
}

c10::IValue contents(const SymbolicValue& value) {
  if (!value.container) return value.value;
  if (value.container->decided) return value.container->decided_contents;
  switch (value.container->type->kind()) {
    case c10::TypeKind::ListType:
      return list_contents(*value.container);
    case c10::TypeKind::DictType:
      return dict_contents(*value.container);
    default:
      return tuple_contents(*value.container);
  }
}

bool depends_on_data(const SymbolicValue& value) {
  if (!value.container) return value.depends.on_data;
  if (value.container->decided) return true;
  const Elements& elements = value.container->elements;
  return std::any_of(elements.begin(), elements.end(), depends_on_data);
}

Value* code_of(SymbolicValue& value, Graph& graph) {
  if (value.container && value.container->decided) return value.container->decided;
  if (value.container) return pack(*value.container, graph);
  if (!value.code) value.code = graph.insertConstant(value.value);
  return value.code;
}

}  // namespace scission::torchscript
