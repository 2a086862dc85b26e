// What operations on lists, tuples and dicts with known contents do.
#include <fmt/format.h>

#include <algorithm>

#include "scission/base.hpp"
#include "torchscript/trace/interpreter.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
namespace aten = c10::aten;
namespace prim = c10::prim;

using Elements = std::vector<SymbolicValue>;
using Outputs = std::optional<Elements>;

bool is_kind(const SymbolicValue& value, c10::TypeKind kind) {
  return is_tracked(value) && value.container->type->kind() == kind;
}
bool is_list(const SymbolicValue& value) { return is_kind(value, c10::TypeKind::ListType); }
bool is_dict(const SymbolicValue& value) { return is_kind(value, c10::TypeKind::DictType); }

bool is_known(const SymbolicValue& value) { return !value.container && !value.depends.on_data; }

// A number that is the same on every run.
std::optional<std::int64_t> known_int(const SymbolicValue& value) {
  if (!is_known(value) || !value.value.isInt()) return std::nullopt;
  return value.value.toInt();
}

// The position of Python's list[index], negative indices included; nullopt when out of range.
std::optional<std::size_t> position_in(const Container& list, const SymbolicValue& index) {
  const auto number = known_int(index);
  const auto size = static_cast<std::int64_t>(list.elements.size());
  if (!number || *number < -size || *number >= size) return std::nullopt;
  return static_cast<std::size_t>(*number < 0 ? *number + size : *number);
}

std::optional<std::size_t> position_of_key(const Container& dict, const SymbolicValue& key) {
  if (!is_known(key)) return std::nullopt;
  const auto found = std::find(dict.keys.begin(), dict.keys.end(), key.value);
  if (found == dict.keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - dict.keys.begin());
}

std::optional<std::size_t> position(const SymbolicValue& container, const SymbolicValue& key) {
  return is_dict(container) ? position_of_key(*container.container, key)
                            : position_in(*container.container, key);
}

void put(Container& dict, const c10::IValue& key, const SymbolicValue& element) {
  if (const auto found = position_of_key(dict, constant_value(key))) {
    dict.elements[*found] = element;
  } else {
    dict.keys.push_back(key);
    dict.elements.push_back(element);
  }
}

Outputs new_container(const Node& node, Elements elements) {
  return Elements{container_value(node.output()->type(), std::move(elements))};
}

// Whether a constant of the code is put into a list or dict. The first run settles it, and later
// ones find it there; whether they answer alike is tried (see Trace::kept).
bool sets_constant(const Node& node) {
  return node.kind() == aten::_set_item && node.input(2)->node()->kind() == prim::Constant;
}

// A list or dict of the module that the model changes would differ on the next run.
void require_no_owner(const Node& node, const SymbolicValue& container) {
  if (container.container->owner.empty() || sets_constant(node)) return;
  throw Error(
      ErrorCode::unsupported,
      fmt::format("keeps state: it changes its '{}' while it runs", container.container->owner),
      describe(node));
}

// Python's methods return None, the operations of TorchScript some of them the container.
Outputs changed(const Node& node, const SymbolicValue& container) {
  return node.outputs().empty() ? Elements{} : Elements{container};
}

Outputs construct(const Node& node, Elements& inputs) { return new_container(node, inputs); }

Outputs construct_dict(const Node& node, Elements& inputs) {
  SymbolicValue dict = container_value(node.output()->type(), {});
  for (std::size_t i = 0; i + 1 < inputs.size(); i += 2) {
    if (!is_known(inputs[i])) return std::nullopt;
    put(*dict.container, inputs[i].value, inputs[i + 1]);
  }
  return Elements{dict};
}

Outputs unpack(const Node& node, Elements& inputs) {
  if (!is_tracked(inputs[0]) || inputs[0].container->elements.size() != node.outputs().size()) {
    return std::nullopt;
  }
  return inputs[0].container->elements;
}

Outputs get_item(const Node& /*node*/, Elements& inputs) {
  if (!is_tracked(inputs[0])) return std::nullopt;
  const auto found = position(inputs[0], inputs[1]);
  if (!found) return std::nullopt;
  note_read(*inputs[0].container, *found);
  return Elements{inputs[0].container->elements[*found]};
}

// The next run does not read what this one leaves in the attribute where it replaces it first. New
// keys are there in the next run, so nothing may have read the keys before they are added.
void require_replaceable(const Node& node, const SymbolicValue& value,
                         std::optional<std::size_t> element) {
  Container& container = *value.container;
  if (container.owner.empty()) return;
  if (sets_constant(node)) {
    container.is_set = true;
  } else if (element ? container.read.contains(*element) : container.is_read) {
    require_no_owner(node, value);
  } else {
    container.replaced.insert(element.value_or(container.elements.size()));
  }
}

Outputs set_item(const Node& node, Elements& inputs) {
  if (!is_tracked(inputs[0])) return std::nullopt;
  Container& container = *inputs[0].container;
  auto found = position(inputs[0], inputs[1]);
  require_replaceable(node, inputs[0], found);
  if (!found && is_dict(inputs[0]) && is_known(inputs[1])) {
    found = container.elements.size();
    container.keys.push_back(inputs[1].value);
    container.elements.emplace_back();
  }
  if (!found) return std::nullopt;
  container.elements[*found] = inputs[2];
  return changed(node, inputs[0]);
}

Outputs append(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0])) return std::nullopt;
  require_no_owner(node, inputs[0]);
  inputs[0].container->elements.push_back(inputs[1]);
  return changed(node, inputs[0]);
}

Elements joined(const SymbolicValue& first, const SymbolicValue& second) {
  Elements all = first.container->elements;
  const Elements& more = second.container->elements;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Outputs extend(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0]) || !is_list(inputs[1])) return std::nullopt;
  require_no_owner(node, inputs[0]);
  inputs[0].container->elements = joined(inputs[0], inputs[1]);
  return changed(node, inputs[0]);
}

Outputs join(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0]) || !is_list(inputs[1])) return std::nullopt;
  return new_container(node, joined(inputs[0], inputs[1]));
}

Outputs repeat(const Node& node, Elements& inputs) {
  const auto times = is_list(inputs[0]) ? known_int(inputs[1]) : std::nullopt;
  if (!times) return std::nullopt;
  Elements elements;
  for (std::int64_t i = 0; i < *times; ++i) {
    const Elements& once = inputs[0].container->elements;
    elements.insert(elements.end(), once.begin(), once.end());
  }
  return new_container(node, std::move(elements));
}

// Python's list[start:end:step] with a step above 0.
Outputs slice(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0]) || inputs.size() != 4) return std::nullopt;
  const Elements& all = inputs[0].container->elements;
  const auto size = static_cast<std::int64_t>(all.size());
  const auto bound = [size](const SymbolicValue& value,
                            std::int64_t fallback) -> std::optional<std::int64_t> {
    if (!value.container && value.value.isNone()) return fallback;
    const auto number = known_int(value);
    if (!number) return std::nullopt;
    return std::clamp<std::int64_t>(*number < 0 ? *number + size : *number, 0, size);
  };
  const auto start = bound(inputs[1], 0);
  const auto end = bound(inputs[2], size);
  const auto step = known_int(inputs[3]);
  if (!start || !end || !step || *step < 1) return std::nullopt;
  Elements elements;
  for (std::int64_t i = *start; i < *end; i += *step) elements.push_back(all[i]);
  return new_container(node, std::move(elements));
}

Outputs copy(const Node& /*node*/, Elements& inputs) {
  if (!is_list(inputs[0]) && !is_dict(inputs[0])) return std::nullopt;
  SymbolicValue twin = inputs[0];
  const Container& original = *inputs[0].container;
  twin.container =
      std::make_shared<Container>(Container{original.type, original.elements, original.keys});
  return Elements{twin};
}

// An empty dict, a copy of one, or one of a list of pairs, where the last of equal keys counts.
Outputs new_dict(const Node& node, Elements& inputs) {
  if (inputs.empty()) return new_container(node, {});
  if (is_dict(inputs[0])) return copy(node, inputs);
  if (!is_list(inputs[0])) return std::nullopt;
  SymbolicValue dict = container_value(node.output()->type(), {});
  for (const SymbolicValue& pair : inputs[0].container->elements) {
    if (!is_tracked(pair) || pair.container->elements.size() != 2) return std::nullopt;
    const Elements& parts = pair.container->elements;
    if (!is_known(parts[0])) return std::nullopt;
    put(*dict.container, parts[0].value, parts[1]);
  }
  return Elements{dict};
}

Outputs slice_tuple(const Node& node, Elements& inputs) {
  if (!is_tracked(inputs[0])) return std::nullopt;
  const Elements& all = inputs[0].container->elements;
  const auto begin = all.begin() + node.i(c10::attr::beg);
  return new_container(node, {begin, all.begin() + node.i(c10::attr::end)});
}

Outputs insert(const Node& node, Elements& inputs) {
  const auto place = is_list(inputs[0]) ? known_int(inputs[1]) : std::nullopt;
  if (!place) return std::nullopt;
  require_no_owner(node, inputs[0]);
  Elements& elements = inputs[0].container->elements;
  const auto size = static_cast<std::int64_t>(elements.size());
  const std::int64_t before =
      std::clamp<std::int64_t>(*place < 0 ? *place + size : *place, 0, size);
  elements.insert(elements.begin() + before, inputs[2]);
  return Elements{};
}

Outputs reverse(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0])) return std::nullopt;
  require_no_owner(node, inputs[0]);
  std::reverse(inputs[0].container->elements.begin(), inputs[0].container->elements.end());
  return Elements{};
}

// The elements, numbers or words that do not depend on data, in ascending order.
std::optional<Elements> sorted_elements(const Elements& elements, const Elements& inputs) {
  const bool known = std::all_of(elements.begin(), elements.end(), is_known);
  if (!known || (inputs.size() > 1 && (!is_known(inputs[1]) || !inputs[1].value.isBool()))) {
    return std::nullopt;
  }
  const bool descending = inputs.size() > 1 && inputs[1].value.toBool();
  const auto is_less = [](const c10::IValue& a, const c10::IValue& b) {
    if (a.isString()) return a.toStringRef() < b.toStringRef();
    if (a.isInt()) return a.toInt() < b.toInt();
    return a.isDouble() ? a.toDouble() < b.toDouble() : a.toBool() < b.toBool();
  };
  const bool comparable = std::all_of(elements.begin(), elements.end(), [](const auto& element) {
    const c10::IValue& value = element.value;
    return value.isString() || value.isInt() || value.isDouble() || value.isBool();
  });
  if (!comparable) return std::nullopt;
  Elements sorted = elements;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    return descending ? is_less(b.value, a.value) : is_less(a.value, b.value);
  });
  return sorted;
}

Outputs sort(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0])) return std::nullopt;
  auto elements = sorted_elements(inputs[0].container->elements, inputs);
  if (!elements) return std::nullopt;
  require_no_owner(node, inputs[0]);
  inputs[0].container->elements = std::move(*elements);
  return Elements{};
}

Outputs sorted(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0])) return std::nullopt;
  auto elements = sorted_elements(inputs[0].container->elements, inputs);
  if (!elements) return std::nullopt;
  return new_container(node, std::move(*elements));
}

Outputs clear(const Node& node, Elements& inputs) {
  if (!is_list(inputs[0]) && !is_dict(inputs[0])) return std::nullopt;
  Container& container = *inputs[0].container;
  if (container.is_read || !container.read.empty()) require_no_owner(node, inputs[0]);
  container.owner.clear();  // what this run puts into it, the next one clears before it reads it
  container.elements.clear();
  container.keys.clear();
  return Elements{};
}

// pop() and del: Python's default position, the last one, is an input of the node.
Outputs remove(const Node& node, Elements& inputs) {
  if (!is_tracked(inputs[0]) || inputs.size() < 2) return std::nullopt;
  const bool has_default = inputs.size() > 2;
  const auto found = position(inputs[0], inputs[1]);
  if (is_dict(inputs[0]) && !is_known(inputs[1])) return std::nullopt;
  if (!found && !has_default) return std::nullopt;
  require_no_owner(node, inputs[0]);
  if (!found) return Elements{inputs[2]};
  Container& container = *inputs[0].container;
  SymbolicValue removed = container.elements[*found];
  const auto offset = static_cast<std::ptrdiff_t>(*found);
  container.elements.erase(container.elements.begin() + offset);
  if (is_dict(inputs[0])) container.keys.erase(container.keys.begin() + offset);
  return node.outputs().empty() ? Elements{} : Elements{removed};
}

Outputs update(const Node& node, Elements& inputs) {
  if (!is_dict(inputs[0]) || !is_dict(inputs[1])) return std::nullopt;
  require_no_owner(node, inputs[0]);
  const Container more = *inputs[1].container;
  Container& dict = *inputs[0].container;
  for (std::size_t i = 0; i < more.keys.size(); ++i) put(dict, more.keys[i], more.elements[i]);
  return Elements{};
}

Outputs get_or_default(const Node& /*node*/, Elements& inputs) {
  if (!is_dict(inputs[0]) || !is_known(inputs[1])) return std::nullopt;
  if (const auto found = position(inputs[0], inputs[1])) {
    note_read(*inputs[0].container, *found);
    return Elements{inputs[0].container->elements[*found]};
  }
  note_read(inputs[0]);
  if (inputs.size() > 2) return Elements{inputs[2]};
  return Elements{constant_value(c10::IValue())};
}

Outputs set_default(const Node& node, Elements& inputs) {
  if (!is_dict(inputs[0]) || !is_known(inputs[1])) return std::nullopt;
  Container& dict = *inputs[0].container;
  const auto found = position_of_key(dict, inputs[1]);
  if (found) return Elements{dict.elements[*found]};
  require_no_owner(node, inputs[0]);
  dict.keys.push_back(inputs[1].value);
  dict.elements.push_back(inputs[2]);
  return Elements{inputs[2]};
}

Outputs length(const Node& /*node*/, Elements& inputs) {
  if (!is_tracked(inputs[0])) return std::nullopt;
  return Elements{constant_value(static_cast<std::int64_t>(inputs[0].container->elements.size()))};
}

Outputs contains(const Node& /*node*/, Elements& inputs) {
  if (!is_dict(inputs[0]) || !is_known(inputs[1])) return std::nullopt;
  return Elements{constant_value(position_of_key(*inputs[0].container, inputs[1]).has_value())};
}

Outputs dict_values(const Node& node, Elements& inputs) {
  if (!is_dict(inputs[0])) return std::nullopt;
  return new_container(node, inputs[0].container->elements);
}

Outputs dict_keys(const Node& node, Elements& inputs) {
  if (!is_dict(inputs[0])) return std::nullopt;
  Elements keys;
  for (const c10::IValue& key : inputs[0].container->keys) keys.push_back(constant_value(key));
  return new_container(node, std::move(keys));
}

Outputs dict_items(const Node& node, Elements& inputs) {
  if (!is_dict(inputs[0])) return std::nullopt;
  const auto pair = node.output()->type()->expectRef<c10::ListType>().getElementType();
  Elements items;
  for (std::size_t i = 0; i < inputs[0].container->elements.size(); ++i) {
    items.push_back(container_value(
        pair, {constant_value(inputs[0].container->keys[i]), inputs[0].container->elements[i]}));
  }
  return new_container(node, std::move(items));
}

/// How an operation acts on containers, given its inputs.
struct Rule {
  Outputs (*apply)(const Node&, Elements&);
  bool takes_no_inputs = false;  ///< it may be without inputs
  bool notes_reads = false;      ///< it notes itself what it reads of the container
};

const std::unordered_map<c10::Symbol, Rule>& rules() {
  static const std::unordered_map<c10::Symbol, Rule> all = {
      {prim::ListConstruct, {construct, true}},
      {prim::TupleConstruct, {construct, true}},
      {prim::DictConstruct, {construct_dict, true}},
      {aten::dict, {new_dict, true}},
      {prim::ListUnpack, {unpack}},
      {prim::TupleUnpack, {unpack}},
      {prim::TupleSlice, {slice_tuple}},
      {prim::TupleIndex, {get_item, false, true}},
      {aten::__getitem__, {get_item, false, true}},
      {aten::_set_item, {set_item, false, true}},
      {aten::append, {append}},
      {c10::Symbol::fromQualString("aten::extend"), {extend}},
      {c10::Symbol::fromQualString("aten::insert"), {insert}},
      {c10::Symbol::fromQualString("aten::reverse"), {reverse}},
      {c10::Symbol::fromQualString("aten::clear"), {clear, false, true}},
      {c10::Symbol::fromQualString("aten::pop"), {remove}},
      {c10::Symbol::fromQualString("aten::Delete"), {remove}},
      {c10::Symbol::fromQualString("aten::get"), {get_or_default, false, true}},
      {c10::Symbol::fromQualString("aten::items"), {dict_items}},
      {c10::Symbol::fromQualString("aten::update"), {update}},
      {c10::Symbol::fromQualString("aten::setdefault"), {set_default}},
      {c10::Symbol::fromQualString("aten::sort"), {sort}},
      {c10::Symbol::fromQualString("aten::sorted"), {sorted}},
      {aten::add, {join}},
      {c10::Symbol::fromQualString("aten::add_"), {extend}},
      {aten::mul, {repeat}},
      {aten::slice, {slice}},
      {aten::list, {copy}},
      {aten::copy, {copy}},
      {aten::len, {length}},
      {aten::__contains__, {contains}},
      {c10::Symbol::fromQualString("aten::values"), {dict_values}},
      {c10::Symbol::fromQualString("aten::keys"), {dict_keys}},
  };
  return all;
}

}  // namespace

std::optional<std::vector<SymbolicValue>> run_container_op(const Node& node,
                                                           std::vector<SymbolicValue>& inputs) {
  const auto rule = rules().find(node.kind());
  if (rule == rules().end() || (inputs.empty() && !rule->second.takes_no_inputs)) {
    return std::nullopt;
  }
  for (std::size_t i = rule->second.notes_reads ? 1 : 0; i < inputs.size(); ++i) {
    if (inputs[i].container && !inputs[i].container->owner.empty()) note_read(inputs[i]);
  }
  return rule->second.apply(node, inputs);
}

}  // namespace scission::torchscript
