#include "torchscript/trace/container_ops.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace scission::torchscript {
namespace {

using torch::jit::Node;
namespace aten = c10::aten;
namespace prim = c10::prim;

using Items = std::vector<Item>;
using Outcome = std::optional<Items>;

bool is_kind(const Item& item, c10::TypeKind kind) {
  return item.container && item.container->type->kind() == kind;
}
bool is_list(const Item& item) { return is_kind(item, c10::TypeKind::ListType); }
bool is_dict(const Item& item) { return is_kind(item, c10::TypeKind::DictType); }

// A number that every run with this input shape agrees on.
std::optional<std::int64_t> known_int(const Item& item) {
  if (item.container || item.from_data || !item.value.isInt()) return std::nullopt;
  return item.value.toInt();
}

// Python's indices: from the end where negative; nullopt when out of range.
std::optional<std::size_t> place_in(const Container& list, const Item& index) {
  const auto number = known_int(index);
  const auto size = static_cast<std::int64_t>(list.items.size());
  if (!number || *number < -size || *number >= size) return std::nullopt;
  return static_cast<std::size_t>(*number < 0 ? *number + size : *number);
}

std::optional<std::size_t> place_of_key(const Container& dict, const Item& key) {
  for (std::size_t i = 0; i < dict.keys.size(); ++i) {
    if (dict.keys[i] == key.value) return i;
  }
  return std::nullopt;
}

Outcome construct(const Node& node, Items& inputs) {
  if (node.kind() != prim::DictConstruct) {
    return Items{container_item(node.output()->type(), inputs)};
  }
  Item dict = container_item(node.output()->type(), {});
  for (std::size_t i = 0; i + 1 < inputs.size(); i += 2) {
    if (inputs[i].container || inputs[i].from_data) return std::nullopt;
    dict.container->keys.push_back(inputs[i].value);
    dict.container->items.push_back(inputs[i + 1]);
  }
  return Items{dict};
}

Outcome unpack(const Node& node, Items& inputs) {
  if (!inputs[0].container || inputs[0].container->items.size() != node.outputs().size()) {
    return std::nullopt;
  }
  return inputs[0].container->items;
}

Outcome get_item(const Node& /*node*/, Items& inputs) {
  if (!inputs[0].container) return std::nullopt;
  const Container& container = *inputs[0].container;
  const auto place =
      is_dict(inputs[0]) ? place_of_key(container, inputs[1]) : place_in(container, inputs[1]);
  if (!place) return std::nullopt;
  return Items{container.items[*place]};
}

Outcome set_item(const Node& node, Items& inputs) {
  if (!inputs[0].container) return std::nullopt;
  Container& container = *inputs[0].container;
  const bool dict = is_dict(inputs[0]);
  auto place = dict ? place_of_key(container, inputs[1]) : place_in(container, inputs[1]);
  if (!place && dict && !inputs[1].container && !inputs[1].from_data) {
    place = container.items.size();
    container.keys.push_back(inputs[1].value);
    container.items.emplace_back();
  }
  if (!place) return std::nullopt;
  container.items[*place] = inputs[2];
  return node.outputs().empty() ? Items{} : Items{inputs[0]};
}

Outcome append(const Node& node, Items& inputs) {
  if (!is_list(inputs[0])) return std::nullopt;
  inputs[0].container->items.push_back(inputs[1]);
  return node.outputs().empty() ? Items{} : Items{inputs[0]};
}

Outcome extend(const Node& /*node*/, Items& inputs) {
  if (!is_list(inputs[0]) || !is_list(inputs[1])) return std::nullopt;
  const Items more = inputs[1].container->items;
  Items& items = inputs[0].container->items;
  items.insert(items.end(), more.begin(), more.end());
  return Items{};
}

Outcome length(const Node& /*node*/, Items& inputs) {
  if (!inputs[0].container) return std::nullopt;
  return Items{constant_item(static_cast<std::int64_t>(inputs[0].container->items.size()))};
}

Outcome contains(const Node& /*node*/, Items& inputs) {
  if (!is_dict(inputs[0]) || inputs[1].container || inputs[1].from_data) return std::nullopt;
  return Items{constant_item(place_of_key(*inputs[0].container, inputs[1]).has_value())};
}

Outcome copy(const Node& /*node*/, Items& inputs) {
  if (!is_list(inputs[0]) && !is_dict(inputs[0])) return std::nullopt;
  Item twin = inputs[0];
  twin.container = std::make_shared<Container>(*inputs[0].container);
  return Items{twin};
}

Outcome new_dict(const Node& node, Items& inputs) {
  if (!inputs.empty()) return std::nullopt;
  return Items{container_item(node.output()->type(), {})};
}

Outcome join(const Node& node, Items& inputs) {
  if (!is_list(inputs[0]) || !is_list(inputs[1])) return std::nullopt;
  Items items = inputs[0].container->items;
  const Items& more = inputs[1].container->items;
  items.insert(items.end(), more.begin(), more.end());
  return Items{container_item(node.output()->type(), std::move(items))};
}

Outcome repeat(const Node& node, Items& inputs) {
  const auto times = is_list(inputs[0]) ? known_int(inputs[1]) : std::nullopt;
  if (!times) return std::nullopt;
  Items items;
  for (std::int64_t i = 0; i < *times; ++i) {
    const Items& once = inputs[0].container->items;
    items.insert(items.end(), once.begin(), once.end());
  }
  return Items{container_item(node.output()->type(), std::move(items))};
}

// Python's list[start:end:step] with a step above 0.
Outcome slice(const Node& node, Items& inputs) {
  if (!is_list(inputs[0]) || inputs.size() != 4) return std::nullopt;
  const Items& all = inputs[0].container->items;
  const auto size = static_cast<std::int64_t>(all.size());
  const auto bound = [&](const Item& item, std::int64_t otherwise) -> std::optional<std::int64_t> {
    if (!item.container && item.value.isNone()) return otherwise;
    const auto number = known_int(item);
    if (!number) return std::nullopt;
    return std::clamp<std::int64_t>(*number < 0 ? *number + size : *number, 0, size);
  };
  const auto start = bound(inputs[1], 0);
  const auto end = bound(inputs[2], size);
  const auto step = known_int(inputs[3]);
  if (!start || !end || !step || *step < 1) return std::nullopt;
  Items items;
  for (std::int64_t i = *start; i < *end; i += *step) items.push_back(all[i]);
  return Items{container_item(node.output()->type(), std::move(items))};
}

Outcome dict_values(const Node& node, Items& inputs) {
  if (!is_dict(inputs[0])) return std::nullopt;
  return Items{container_item(node.output()->type(), inputs[0].container->items)};
}

Outcome dict_keys(const Node& node, Items& inputs) {
  if (!is_dict(inputs[0])) return std::nullopt;
  Items keys;
  for (const c10::IValue& key : inputs[0].container->keys) keys.push_back(constant_item(key));
  return Items{container_item(node.output()->type(), std::move(keys))};
}

using Rule = Outcome (*)(const Node&, Items&);

const std::unordered_map<c10::Symbol, Rule>& rules() {
  static const std::unordered_map<c10::Symbol, Rule> all = {
      {prim::ListConstruct, construct},
      {prim::TupleConstruct, construct},
      {prim::DictConstruct, construct},
      {prim::ListUnpack, unpack},
      {prim::TupleUnpack, unpack},
      {prim::TupleIndex, get_item},
      {aten::__getitem__, get_item},
      {aten::_set_item, set_item},
      {aten::append, append},
      {c10::Symbol::fromQualString("aten::extend"), extend},
      {aten::len, length},
      {aten::__contains__, contains},
      {aten::list, copy},
      {aten::copy, copy},
      {aten::dict, new_dict},
      {aten::add, join},
      {aten::mul, repeat},
      {aten::slice, slice},
      {c10::Symbol::fromQualString("aten::values"), dict_values},
      {c10::Symbol::fromQualString("aten::keys"), dict_keys},
  };
  return all;
}

}  // namespace

std::optional<std::vector<Item>> run_container_op(const Node& node, std::vector<Item>& inputs) {
  const auto rule = rules().find(node.kind());
  if (rule == rules().end()) return std::nullopt;
  const bool packs = node.kind() == prim::ListConstruct || node.kind() == prim::TupleConstruct ||
                     node.kind() == prim::DictConstruct;
  if (inputs.empty() && !packs && node.kind() != aten::dict) return std::nullopt;
  return rule->second(node, inputs);
}

}  // namespace scission::torchscript
