// forward() of tensors one after the other, made of one that takes tuples, lists, dicts and
// numbers.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/script.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Value;

/// An input, and where in an argument it belongs: "mask", "0.h"; "" for the argument itself.
struct Leaf {
  std::string path;
  const InputSpec* input = nullptr;
  Value* value = nullptr;  ///< null for a number
};
using Leaves = std::vector<Leaf>;

struct Argument {
  std::string name;
  c10::TypePtr type;
  std::optional<c10::IValue> fallback;
  Leaves leaves;
};

const c10::TypePtr& without_optional(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::OptionalType ? type->containedTypes().at(0) : type;
}

bool is_number_type(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::NumberType:
      return true;
    default:
      return false;
  }
}

// "h" or "0" for the elements of a named tuple or another one.
std::vector<std::string> element_names(const c10::TupleType& tuple) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < tuple.elements().size(); ++i) {
    names.push_back(tuple.schema() ? tuple.schema()->arguments().at(i).name() : std::to_string(i));
  }
  return names;
}

std::string path_to(const std::string& path, const std::string& part) {
  return path.empty() ? part : path + "." + part;
}

// Where the tensors and numbers of a value of the type belong; nullopt where the type leaves their
// number open.
std::optional<std::vector<std::string>> fixed_paths(const c10::TypePtr& type) {
  const c10::TypePtr& inner = without_optional(type);
  if (inner->kind() == c10::TypeKind::TensorType || is_number_type(inner)) return {{""}};
  if (inner->kind() != c10::TypeKind::TupleType) return std::nullopt;
  const auto& tuple = inner->expectRef<c10::TupleType>();
  const std::vector<std::string> names = element_names(tuple);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto inside = fixed_paths(tuple.elements()[i]);
    if (!inside) return std::nullopt;
    for (const std::string& path : *inside) {
      paths.push_back(path.empty() ? names[i] : path_to(names[i], path));
    }
  }
  return paths;
}

c10::IValue number_of(const InputSpec& input, const c10::TypePtr& type, const std::string& place) {
  const std::string& text = input.number;
  const bool is_flag = text == "true" || text == "false";
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  switch (type->kind()) {
    case c10::TypeKind::BoolType:
      if (is_flag) return text == "true";
      break;
    case c10::TypeKind::IntType:
      if (is_whole) return whole;
      break;
    default:
      if (is_flag) break;
      if (is_whole && type->kind() == c10::TypeKind::NumberType) return whole;
      return text::to_double(text).value();
  }
  throw Error(ErrorCode::mismatch,
              fmt::format("forward() takes {} {}, not the number {}",
                          type->kind() == c10::TypeKind::IntType ? "an" : "a", type->str(), text),
              place);
}

/// Builds the arguments of forward() in its graph, of the tensors and numbers that belong to them.
class ArgumentBuilder {
 public:
  ArgumentBuilder(Graph& graph, const std::string& place) : graph_(graph), place_(place) {}

  /// `name` is the argument's, with the path to this part of it.
  Value* build(const c10::TypePtr& type, const Leaves& leaves, const std::string& name) {
    switch (type->kind()) {
      case c10::TypeKind::OptionalType:
        if (leaves.empty()) return graph_.insertConstant(c10::IValue());
        return build(without_optional(type), leaves, name);
      case c10::TypeKind::TupleType:
        return build_tuple(type, leaves, name);
      case c10::TypeKind::ListType:
        return build_list(type, leaves, name);
      case c10::TypeKind::DictType:
        return build_dict(type, leaves, name);
      default:
        return build_leaf(type, leaves, name);
    }
  }

 private:
  using Groups = std::vector<std::pair<std::string, Leaves>>;

  [[noreturn]] void refuse(const std::string& name, const c10::TypePtr& type,
                           const std::string& reason, ErrorCode code = ErrorCode::mismatch) const {
    throw Error(code, fmt::format("forward() takes '{}', a {}{}", name, type->str(), reason),
                place_);
  }

  Value* build_leaf(const c10::TypePtr& type, const Leaves& leaves, const std::string& name) {
    const bool is_tensor = type->kind() == c10::TypeKind::TensorType;
    if (!is_tensor && !is_number_type(type)) {
      refuse(name, type,
             "; only tensors, numbers, and tuples, lists and dicts of them can be given",
             ErrorCode::unsupported);
    }
    if (leaves.empty()) refuse(name, type, ", which was not given: name its shape too");
    if (leaves.size() > 1 || !leaves[0].path.empty()) {
      refuse(name, type, fmt::format(", which has no part '{}'", leaves.back().path));
    }
    const Leaf& leaf = leaves[0];
    if (is_tensor != (leaf.value != nullptr)) {
      refuse(name, type,
             is_tensor ? fmt::format("; give it as a shape, such as {}=1,128 or {}=scalar, not as "
                                     "a number",
                                     name, name)
                       : fmt::format("; give it as {}=number:5", name));
    }
    return is_tensor ? leaf.value : graph_.insertConstant(number_of(*leaf.input, type, place_));
  }

  // The leaves by the first part of their paths, in the order in which these come up.
  Groups grouped(const Leaves& leaves, const c10::TypePtr& type, const std::string& name,
                 bool whole_path) const {
    Groups groups;
    for (const Leaf& leaf : leaves) {
      if (leaf.path.empty()) {
        refuse(name, type,
               fmt::format("; name its parts, as in {}={}", path_to(name, example_part(type)),
                           "1,128"));
      }
      const std::size_t dot = whole_path ? std::string::npos : leaf.path.find('.');
      const std::string part = leaf.path.substr(0, dot);
      const auto group = std::find_if(groups.begin(), groups.end(),
                                      [&](const auto& one) { return one.first == part; });
      Leaves& own =
          group == groups.end() ? groups.emplace_back(part, Leaves()).second : group->second;
      own.push_back(
          {dot == std::string::npos ? "" : leaf.path.substr(dot + 1), leaf.input, leaf.value});
    }
    return groups;
  }

  static std::string example_part(const c10::TypePtr& type) {
    if (type->kind() == c10::TypeKind::DictType) return "KEY";
    if (type->kind() != c10::TypeKind::TupleType) return "0";
    const auto names = element_names(type->expectRef<c10::TupleType>());
    return names.empty() ? "0" : names[0];
  }

  Value* build_tuple(const c10::TypePtr& type, const Leaves& leaves, const std::string& name) {
    const auto tuple = type->expect<c10::TupleType>();
    const std::vector<std::string> names = element_names(*tuple);
    const Groups groups = grouped(leaves, type, name, false);
    std::vector<Leaves> parts(names.size());
    for (const auto& [part, own] : groups) {
      auto place = std::find(names.begin(), names.end(), part);
      if (place == names.end()) {  // a field of a named tuple by its number
        const auto number = text::to_int(part);
        if (number && *number >= 0 && *number < static_cast<int>(names.size())) {
          place = names.begin() + *number;
        }
      }
      if (place == names.end()) {
        refuse(name, type,
               fmt::format(", which has no part '{}'; {}", part, suggestion(part, names)));
      }
      parts[static_cast<std::size_t>(place - names.begin())] = own;
    }
    std::vector<Value*> elements;
    for (std::size_t i = 0; i < names.size(); ++i) {
      elements.push_back(build(tuple->elements()[i], parts[i], path_to(name, names[i])));
    }
    return graph_.insertNode(graph_.createTuple(elements, tuple->schema() ? tuple : nullptr))
        ->output();
  }

  Value* build_list(const c10::TypePtr& type, const Leaves& leaves, const std::string& name) {
    const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
    const Groups groups = grouped(leaves, type, name, false);
    std::vector<Value*> elements;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::string part = std::to_string(i);
      const auto own = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& one) { return one.first == part; });
      if (own == groups.end()) {
        refuse(name, type, fmt::format(", whose element {} was not given", path_to(name, part)));
      }
      elements.push_back(build(element, own->second, path_to(name, part)));
    }
    return graph_.insertNode(graph_.createList(element, elements))->output();
  }

  Value* build_dict(const c10::TypePtr& type, const Leaves& leaves, const std::string& name) {
    const auto& dict = type->expectRef<c10::DictType>();
    const c10::TypePtr element = dict.getValueType();
    const bool has_int_keys = dict.getKeyType()->kind() == c10::TypeKind::IntType;
    if (!has_int_keys && dict.getKeyType()->kind() != c10::TypeKind::StringType) {
      refuse(name, type, "; only dicts with keys of text or int can be given",
             ErrorCode::unsupported);
    }
    const bool holds_leaves = fixed_paths(element) == std::vector<std::string>{""};
    std::vector<Value*> keys;
    std::vector<Value*> values;
    for (const auto& [part, own] : grouped(leaves, type, name, holds_leaves)) {
      const auto number = text::to_int(part);
      if (has_int_keys && !number) {
        refuse(name, type, fmt::format(", and '{}' is not an int", part));
      }
      keys.push_back(graph_.insertConstant(has_int_keys ? c10::IValue(std::int64_t{*number})
                                                        : c10::IValue(part)));
      values.push_back(build(element, own, path_to(name, part)));
    }
    return graph_.insertNode(graph_.createDict(dict.getKeyType(), element, keys, values))->output();
  }

  Graph& graph_;
  const std::string& place_;
};

// The compiler renames "x" to "x.1".
std::vector<Argument> arguments_of(const c10::FunctionSchema& schema) {
  std::vector<Argument> all;
  for (std::size_t i = 1; i < schema.arguments().size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    Argument own{argument.name().substr(0, argument.name().find('.')), argument.type(), {}, {}};
    if (argument.default_value()) own.fallback = *argument.default_value();
    all.push_back(std::move(own));
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<Argument>& arguments) {
  std::vector<std::string> names;
  for (const Argument& argument : arguments) names.push_back(argument.name);
  return names;
}

/// Finds the arguments that the inputs belong to.
class Distribution {
 public:
  Distribution(std::vector<Argument>& arguments, const std::vector<InputSpec>& inputs,
               const std::string& place)
      : arguments_(arguments), place_(place), names_(names_of(arguments)) {
    for (const InputSpec& input : inputs) from_files_ = from_files_ && input.is_named_by_file;
    if (from_files_) choose_names_of_files(inputs);
  }

  void add(const InputSpec& input, Value* value) {
    const bool is_named =
        !input.name.empty() && (!input.is_named_by_file || (from_files_ && uses_file_names_));
    if (!is_named) {
      unnamed_.push_back({"", &input, value});
      return;
    }
    const std::string path = prefix_ + input.name;
    const std::size_t dot = path.find('.');
    const auto found = std::find(names_.begin(), names_.end(), path.substr(0, dot));
    if (found == names_.end()) refuse_name(input, path.substr(0, dot));
    Leaves& leaves = arguments_[static_cast<std::size_t>(found - names_.begin())].leaves;
    std::string inside = dot == std::string::npos ? "" : path.substr(dot + 1);
    const bool is_twice = std::any_of(leaves.begin(), leaves.end(),
                                      [&](const Leaf& leaf) { return leaf.path == inside; });
    if (is_twice) {
      throw Error(ErrorCode::invalid_argument, fmt::format("the input '{}' is given twice", path),
                  place_);
    }
    leaves.push_back({std::move(inside), &input, value});
  }

  /// Inputs without names belong to the arguments that no name mentions, in order.
  void finish() {
    std::size_t reserved = 0;
    for (const Argument& argument : arguments_) reserved += needed(argument);
    std::size_t next = 0;
    for (Argument& argument : arguments_) {
      if (!argument.leaves.empty()) continue;
      reserved -= needed(argument);
      const std::size_t left = unnamed_.size() - next;
      const bool is_free =
          argument.fallback.has_value() || argument.type->kind() == c10::TypeKind::OptionalType;
      if (left == 0 || (is_free && left <= reserved)) continue;
      std::vector<std::string> paths;
      if (const auto fixed = fixed_paths(argument.type)) {
        paths = *fixed;
      } else if (without_optional(argument.type)->kind() == c10::TypeKind::ListType) {
        for (std::size_t i = 0; i + reserved < left; ++i) paths.push_back(std::to_string(i));
      } else {
        paths = {""};
      }
      for (std::size_t i = 0; i < paths.size() && next < unnamed_.size(); ++i, ++next) {
        argument.leaves.push_back({paths[i], unnamed_[next].input, unnamed_[next].value});
      }
    }
    if (next == unnamed_.size()) return;
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() takes {} inputs without names, and {} were given", next,
                            unnamed_.size()),
                place_);
  }

 private:
  static std::size_t needed(const Argument& argument) {
    const bool is_free = argument.fallback.has_value() || !argument.leaves.empty() ||
                         argument.type->kind() == c10::TypeKind::OptionalType;
    const auto fixed = fixed_paths(argument.type);
    return is_free || !fixed ? 0 : fixed->size();
  }

  bool is_argument(const std::string& path) const {
    return std::find(names_.begin(), names_.end(), path.substr(0, path.find('.'))) != names_.end();
  }

  // The names of files count if they are arguments, or entries of the only one without a default.
  void choose_names_of_files(const std::vector<InputSpec>& inputs) {
    const auto known = std::count_if(inputs.begin(), inputs.end(), [&](const InputSpec& input) {
      return is_argument(input.name);
    });
    uses_file_names_ = known > 0;
    const auto is_needed = [](const Argument& argument) { return !argument.fallback; };
    const auto only = std::find_if(arguments_.begin(), arguments_.end(), is_needed);
    if (known > 0 || only == arguments_.end() || !has_entries(*only, inputs)) return;
    if (std::count_if(arguments_.begin(), arguments_.end(), is_needed) > 1) return;
    prefix_ = only->name + ".";
    uses_file_names_ = true;
  }

  static bool has_entries(const Argument& argument, const std::vector<InputSpec>& inputs) {
    const c10::TypePtr& type = without_optional(argument.type);
    if (type->kind() == c10::TypeKind::DictType) return true;
    if (type->kind() != c10::TypeKind::TupleType) return false;
    const auto names = element_names(type->expectRef<c10::TupleType>());
    return std::all_of(inputs.begin(), inputs.end(), [&](const InputSpec& input) {
      return std::find(names.begin(), names.end(), input.name.substr(0, input.name.find('.'))) !=
             names.end();
    });
  }

  [[noreturn]] void refuse_name(const InputSpec& input, const std::string& name) const {
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() has no argument '{}'; {}", name, suggestion(name, names_)),
                input.file.empty() ? place_ : input.file.string());
  }

  std::vector<Argument>& arguments_;
  const std::string& place_;
  std::vector<std::string> names_;
  bool from_files_ = true;  ///< whether files name all inputs
  bool uses_file_names_ = true;
  std::string prefix_;  ///< of the names
  Leaves unnamed_;
};

bool needs_binding(const std::vector<InputSpec>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const InputSpec& input) {
    return !input.name.empty() || input.is_number();
  });
}

}  // namespace

void bind_inputs(torch::jit::Module& module, const std::vector<InputSpec>& inputs,
                 const std::string& place) {
  if (!needs_binding(inputs) || !module.find_method("forward")) return;
  const torch::jit::Method method = module.get_method("forward");
  const c10::FunctionSchema& schema = method.function().getSchema();
  const std::shared_ptr<Graph> graph = method.graph();
  std::vector<Argument> arguments = arguments_of(schema);
  Distribution distribution(arguments, inputs, place);
  const std::vector<Value*> before = graph->inputs().slice(1).vec();
  std::vector<c10::Argument> taken{schema.arguments().at(0)};
  for (const InputSpec& input : inputs) {
    Value* value = nullptr;
    if (!input.is_number()) {
      value = graph->addInput()->setType(c10::TensorType::get());
      const std::string name =
          input.name.empty() ? fmt::format("input_{}", taken.size() - 1) : input.name;
      taken.emplace_back(name, c10::TensorType::get());
    }
    distribution.add(input, value);
  }
  distribution.finish();
  auto nodes = graph->nodes();
  torch::jit::Node* const first =
      nodes.begin() == nodes.end() ? graph->return_node() : *nodes.begin();
  const torch::jit::WithInsertPoint here(first);
  ArgumentBuilder builder(*graph, place);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    Value* built = argument.leaves.empty() && argument.fallback
                       ? graph->insertConstant(*argument.fallback)
                       : builder.build(argument.type, argument.leaves, argument.name);
    for (const Leaf& leaf : argument.leaves) {
      if (leaf.value == nullptr) continue;
      // With a number behind it, as the compiler would call it.
      leaf.value->setDebugName(
          (leaf.path.empty() ? argument.name : path_to(argument.name, leaf.path)) + ".1");
    }
    before.at(i)->replaceAllUsesWith(built);
  }
  for (std::size_t i = 0; i < before.size(); ++i) graph->eraseInput(1);
  method.function().setSchema(schema.cloneWithArguments(std::move(taken)));
}

}  // namespace scission::torchscript
