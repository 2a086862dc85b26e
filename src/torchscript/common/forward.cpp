#include "torchscript/common/forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "scission/base.hpp"

namespace scission::torchscript {
namespace {

using Tensors = std::vector<at::Tensor>;

// How many tensors a value of the type takes at least; nullopt when it takes other things.
std::optional<std::size_t> tensors_needed(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return 1;
    case c10::TypeKind::OptionalType:
      return tensors_needed(type->expectRef<c10::OptionalType>().getElementType())
                 ? std::optional<std::size_t>(0)
                 : std::nullopt;
    case c10::TypeKind::ListType: {
      const auto element = type->expectRef<c10::ListType>().getElementType();
      return element->kind() == c10::TypeKind::TensorType ? std::optional<std::size_t>(0)
                                                          : std::nullopt;
    }
    case c10::TypeKind::TupleType: {
      std::size_t sum = 0;
      for (const c10::TypePtr& element : type->expectRef<c10::TupleType>().elements()) {
        const auto needed = tensors_needed(element);
        if (!needed) return std::nullopt;
        sum += *needed;
      }
      return sum;
    }
    default:
      return std::nullopt;
  }
}

/// Hands out the tensors.
class Supply {
 public:
  explicit Supply(const Tensors& tensors) : tensors_(tensors) {}

  std::size_t left() const { return tensors_.size() - used_; }

  /// A value of the type; `reserved` tensors are left for what follows.
  c10::IValue make(const c10::TypePtr& type, std::size_t reserved) {
    switch (type->kind()) {
      case c10::TypeKind::OptionalType:
        if (left() <= reserved) return {};
        return make(type->expectRef<c10::OptionalType>().getElementType(), reserved);
      case c10::TypeKind::ListType:
        return list(reserved);
      case c10::TypeKind::TupleType:
        return tuple(type, reserved);
      default:
        return tensors_.at(used_++);
    }
  }

 private:
  c10::IValue list(std::size_t reserved) {
    c10::List<at::Tensor> list;
    while (left() > reserved) list.push_back(tensors_[used_++]);
    return list;
  }

  c10::IValue tuple(const c10::TypePtr& type, std::size_t reserved) {
    const auto tuple_type = type->expect<c10::TupleType>();
    std::vector<c10::IValue> elements;
    for (auto element = tuple_type->elements().begin(); element != tuple_type->elements().end();
         ++element) {
      std::size_t later = reserved;
      for (auto next = element + 1; next != tuple_type->elements().end(); ++next) {
        later += tensors_needed(*next).value_or(0);
      }
      elements.push_back(make(*element, later));
    }
    return tuple_type->schema() ? c10::ivalue::Tuple::createNamed(std::move(elements), tuple_type)
                                : c10::ivalue::Tuple::create(std::move(elements));
  }

  const Tensors& tensors_;
  std::size_t used_ = 0;
};

// The compiler renames "x" to "x.1".
std::string argument_name(const c10::Argument& argument) {
  return argument.name().substr(0, argument.name().find('.'));
}

// How an argument that cannot be made of tensors alone is given instead.
std::string remedy(const ForwardArgument& argument) {
  switch (argument.type->kind()) {
    case c10::TypeKind::DictType:
      return fmt::format("; name its entries, as in {}.KEY=1,128", argument.name);
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::NumberType:
      return fmt::format("; give it as {}=number:{}", argument.name,
                         argument.type->kind() == c10::TypeKind::BoolType ? "true" : "5");
    case c10::TypeKind::ListType:
    case c10::TypeKind::TupleType:
    case c10::TypeKind::OptionalType:
      return fmt::format("; name its parts, as in {}.0=1,128", argument.name);
    default:
      return "; only tensors, numbers, and tuples, lists and dicts of them can be given";
  }
}

Error misfit(ErrorCode code, const ForwardArgument& argument, const std::string& reason,
             const std::string& place) {
  return {code,
          fmt::format("forward() takes '{}', a {}{}", argument.name, argument.type->str(), reason),
          place};
}

}  // namespace

std::vector<ForwardArgument> forward_arguments(const torch::jit::Module& module,
                                               const Tensors& tensors, const std::string& place) {
  const auto& schema = module.get_method("forward").function().getSchema().arguments();
  std::size_t reserved = 0;  // for mandatory arguments that are not made yet
  for (std::size_t i = 1; i < schema.size(); ++i) {
    if (!schema[i].default_value()) reserved += tensors_needed(schema[i].type()).value_or(0);
  }
  Supply supply(tensors);
  std::vector<ForwardArgument> all;
  for (std::size_t i = 1; i < schema.size(); ++i) {
    ForwardArgument argument{argument_name(schema[i]), schema[i].type(), {}, false};
    const auto needed = tensors_needed(argument.type);
    const auto& fallback = schema[i].default_value();
    if (!fallback) reserved -= needed.value_or(0);
    if (fallback && supply.left() <= reserved) {
      argument.value = *fallback;
    } else if (!needed) {
      if (!fallback) {
        throw misfit(ErrorCode::unsupported, argument, remedy(argument), place);
      }
      argument.value = *fallback;
    } else if (supply.left() < *needed) {
      throw misfit(ErrorCode::mismatch, argument, ", which was not given: name its shape too",
                   place);
    } else {
      const std::size_t before = supply.left();
      argument.value = supply.make(argument.type, reserved);
      argument.is_given = supply.left() < before;
    }
    all.push_back(std::move(argument));
  }
  if (supply.left() == 0) return all;
  throw Error(
      ErrorCode::mismatch,
      fmt::format("forward() takes {} {}, and {} were given", tensors.size() - supply.left(),
                  tensors.size() - supply.left() == 1 ? "input" : "inputs", tensors.size()),
      place);
}

c10::IValue call_forward(torch::jit::Module& module, const Tensors& tensors) {
  std::vector<c10::IValue> stack;
  for (ForwardArgument& argument : forward_arguments(module, tensors, "forward()")) {
    stack.push_back(std::move(argument.value));
  }
  return module.forward(std::move(stack));
}

}  // namespace scission::torchscript
