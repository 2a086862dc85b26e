#include "torchscript/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scission/error.hpp"
#include "torchscript/errors.hpp"
#include "torchscript/walker.hpp"

namespace scission::torchscript {
namespace {

std::string shapes_of(const std::vector<at::Tensor>& inputs) {
  std::vector<std::string> texts;
  for (const at::Tensor& input : inputs)
    texts.push_back(fmt::format("{}", fmt::join(input.sizes(), "x")));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool takes_tensor(const torch::jit::Value& argument) {
  const auto type = argument.type();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return optional->getElementType()->isSubtypeOf(*c10::TensorType::get());
  }
  return type->isSubtypeOf(*c10::TensorType::get());
}

// One item an argument: the inputs, then defaults.
std::vector<Item> arguments(const FrozenGraph& frozen, const std::string& place,
                            const std::vector<at::Tensor>& inputs) {
  if (inputs.size() > frozen.code->inputs().size()) {
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() takes {} inputs, and {} were given",
                            frozen.code->inputs().size(), inputs.size()),
                place);
  }
  std::vector<Item> items;
  for (std::size_t i = 0; i < frozen.code->inputs().size(); ++i) {
    const torch::jit::Value& argument = *frozen.code->inputs()[i];
    if (i < inputs.size() && takes_tensor(argument)) {
      items.push_back(constant_item(inputs[i].clone()));
      items.back().from_data = true;
    } else if (i >= inputs.size() && i < frozen.defaults.size() && frozen.defaults[i]) {
      items.push_back(constant_item(*frozen.defaults[i]));
    } else {
      throw Error(
          i < inputs.size() ? ErrorCode::unsupported : ErrorCode::mismatch,
          fmt::format("forward() takes '{}', a {}{}", argument.debugName(), argument.type()->str(),
                      i < inputs.size() ? "; only tensors can be given"
                                        : ", which was not given: name its shape too"),
          place);
    }
  }
  return items;
}

Trace walk(const FrozenGraph& frozen, const std::string& name,
           const std::vector<at::Tensor>& inputs, Numbers numbers) {
  const std::string place = "model " + name;
  Walker walker(numbers);
  std::vector<Item> items = arguments(frozen, place, inputs);
  try {
    return walker.walk(*frozen.code, std::move(items), inputs.size());
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}, {}", place, error.place()));
  } catch (const NumbersNeeded&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("does not run on an input of shape {}: {}", shapes_of(inputs), one_line(error)),
        fmt::format("{}, {}", place, walker.where()));
  }
}

}  // namespace

Trace trace(const FrozenGraph& frozen, const std::string& name,
            const std::vector<at::Tensor>& inputs) {
  // Not InferenceMode: its tensors keep no version, which tells of changes in place.
  const at::NoGradGuard no_grad;
  try {
    return walk(frozen, name, inputs, Numbers::made_up);
  } catch (const NumbersNeeded&) {
    return walk(frozen, name, inputs, Numbers::real);
  }
}

}  // namespace scission::torchscript
