#include "torchscript/trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/trace/walker.hpp"

namespace scission::torchscript {
namespace {

std::string shapes_of(const std::vector<at::Tensor>& inputs) {
  std::vector<std::string> texts;
  for (const at::Tensor& input : inputs)
    texts.push_back(fmt::format("{}", fmt::join(input.sizes(), "x")));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool takes_tensor(const torch::jit::Value& argument) {
  const auto& type = argument.type();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return optional->getElementType()->isSubtypeOf(*c10::TensorType::get());
  }
  return type->isSubtypeOf(*c10::TensorType::get());
}

Item item_for(const torch::jit::Value& argument, const ModelArgument& declared,
              const at::Tensor* given, const std::string& place) {
  if (given && takes_tensor(argument)) {
    Item item = constant_item(given->clone());
    item.from_data = true;
    return item;
  }
  if (!given && declared.default_value) return constant_item(*declared.default_value);
  throw Error(given ? ErrorCode::unsupported : ErrorCode::mismatch,
              fmt::format("forward() takes '{}', a {}{}", declared.name, argument.type()->str(),
                          given ? "; only tensors can be given"
                                : ", which was not given: name its shape too"),
              place);
}

// One item an argument: the inputs, then defaults.
std::vector<Item> arguments(const ModelCode& code, const std::string& place,
                            const std::vector<at::Tensor>& inputs) {
  const std::size_t skipped = code.self ? 1 : 0;
  const std::size_t count = code.graph->inputs().size() - skipped;
  if (inputs.size() > count) {
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() takes {} {}, and {} were given", count,
                            count == 1 ? "input" : "inputs", inputs.size()),
                place);
  }
  std::vector<Item> items;
  for (std::size_t i = 0; i < count; ++i) {
    items.push_back(item_for(*code.graph->inputs()[i + skipped], code.arguments.at(i),
                             i < inputs.size() ? &inputs[i] : nullptr, place));
  }
  return items;
}

Trace walk(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs,
           Numbers numbers) {
  const std::string place = "model " + name;
  Walker walker(numbers);
  std::vector<Item> items = arguments(code, place, inputs);
  try {
    return walker.walk(code, std::move(items), inputs.size());
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}, {}", place, error.place()));
  } catch (const std::exception& error) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("does not run on an input of shape {}: {}", shapes_of(inputs), one_line(error)),
        fmt::format("{}, {}", place, walker.where()));
  }
}

}  // namespace

Trace trace(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs) {
  // Not InferenceMode: its tensors keep no version, which tells of changes in place.
  const at::NoGradGuard no_grad;
  try {
    return walk(code, name, inputs, Numbers::made_up);
  } catch (const NumbersNeeded&) {
    return walk(code, name, inputs, Numbers::real);
  }
}

}  // namespace scission::torchscript
