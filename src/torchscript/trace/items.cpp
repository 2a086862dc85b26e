#include "torchscript/trace/items.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

c10::IValue list_contents(const Container& list) {
  c10::impl::GenericList values(list.type->expectRef<c10::ListType>().getElementType());
  values.reserve(list.items.size());
  for (const Item& item : list.items) values.push_back(contents(item));
  return values;
}

c10::IValue dict_contents(const Container& dict) {
  const auto& type = dict.type->expectRef<c10::DictType>();
  c10::impl::GenericDict values(type.getKeyType(), type.getValueType());
  for (std::size_t i = 0; i < dict.items.size(); ++i) {
    values.insert(dict.keys[i], contents(dict.items[i]));
  }
  return values;
}

c10::IValue tuple_contents(const Container& tuple) {
  std::vector<c10::IValue> values;
  for (const Item& item : tuple.items) values.push_back(contents(item));
  if (tuple.type->expectRef<c10::TupleType>().schema()) {
    return c10::ivalue::Tuple::createNamed(std::move(values), tuple.type->cast<c10::TupleType>());
  }
  return c10::ivalue::Tuple::create(std::move(values));
}

Value* pack(Container& container, Graph& graph) {
  const auto kind = container.type->kind();
  std::vector<Value*> parts;
  for (std::size_t i = 0; i < container.items.size(); ++i) {
    if (kind == c10::TypeKind::DictType) parts.push_back(graph.insertConstant(container.keys[i]));
    parts.push_back(code_of(container.items[i], graph));
  }
  const auto symbol = kind == c10::TypeKind::ListType   ? prim::ListConstruct
                      : kind == c10::TypeKind::DictType ? prim::DictConstruct
                                                        : prim::TupleConstruct;
  Node* node = graph.insertNode(graph.create(symbol, parts));
  node->output()->setType(container.type);
  return node->output();
}

}  // namespace

Item constant_item(c10::IValue value) {
  Item item;
  item.value = std::move(value);
  return item;
}

Item container_item(c10::TypePtr type, std::vector<Item> items, std::vector<c10::IValue> keys) {
  Item item;
  item.container =
      std::make_shared<Container>(Container{std::move(type), std::move(items), std::move(keys)});
  return item;
}

Item known_item(const c10::IValue& value, const c10::TypePtr& type) {
  Item item = constant_item(value);
  if (value.isList()) {
    item = container_item(type, {});
    const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
    for (const c10::IValue& part : value.toListRef()) {
      item.container->items.push_back(known_item(part, element));
    }
  } else if (value.isTuple()) {
    item = container_item(type, {});
    const auto elements = type->expectRef<c10::TupleType>().elements();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      item.container->items.push_back(known_item(value.toTupleRef().elements()[i], elements[i]));
    }
  } else if (value.isGenericDict()) {
    item = container_item(type, {});
    for (const auto& entry : value.toGenericDict()) {
      item.container->keys.push_back(entry.key());
      item.container->items.push_back(
          known_item(entry.value(), type->expectRef<c10::DictType>().getValueType()));
    }
  }
  return item;
}

c10::IValue contents(const Item& item) {
  if (!item.container) return item.value;
  switch (item.container->type->kind()) {
    case c10::TypeKind::ListType:
      return list_contents(*item.container);
    case c10::TypeKind::DictType:
      return dict_contents(*item.container);
    default:
      return tuple_contents(*item.container);
  }
}

bool depends_on_data(const Item& item) {
  if (!item.container) return item.from_data;
  return std::any_of(item.container->items.begin(), item.container->items.end(), depends_on_data);
}

Value* code_of(Item& item, Graph& graph) {
  if (item.container) return pack(*item.container, graph);
  if (!item.code) item.code = graph.insertConstant(item.value);
  return item.code;
}

}  // namespace scission::torchscript
