#include "scission/torchscript/inputs/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "torchscript/inputs/input_checks.hpp"

namespace scission::torchscript {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

constexpr const char* grammar =
    "an input is its shape with the batch in front, then its type unless float32: 1,3,224,224 or "
    "1x128:int64<30522 (numbers below 30522), several joined by ';'";

/// The types, and how many whole numbers from 0 each holds; 0 where it holds no whole numbers.
const std::map<std::string_view, std::int64_t>& types() {
  static const std::map<std::string_view, std::int64_t> types{{"float16", 0},
                                                              {"float32", 0},
                                                              {"float64", 0},
                                                              {"bool", 2},
                                                              {"uint8", 256},
                                                              {"int64", most},
                                                              {"int32", std::int64_t{1} << 31}};
  return types;
}

bool holds_whole_numbers(std::string_view dtype) {
  const auto type = types().find(dtype);
  return type != types().end() && type->second != 0;
}

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::invalid_argument, reason);
}

void check_shape(const std::vector<std::int64_t>& shape) {
  if (shape.empty() || std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1; })) {
    refuse(fmt::format("an input shape is numbers from 1 up, as 1x3x224x224; not '{}'",
                       fmt::join(shape, "x")));
  }
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    // Bytes have to be countable, too.
    if (size > most / 8 / elements) {
      refuse(fmt::format("an input of shape {} is too large", fmt::join(shape, "x")));
    }
    elements *= size;
  }
}

std::optional<std::int64_t> to_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::int64_t parse_number(std::string_view text, std::string_view whole) {
  const auto number = to_count(text::trim(text));
  if (!number) refuse(fmt::format("'{}' in '{}' is no whole number: {}", text, whole, grammar));
  return *number;
}

std::vector<std::int64_t> parse_shape(std::string_view text, std::string_view whole) {
  const char separator = text.find('x') == std::string_view::npos ? ',' : 'x';
  std::vector<std::int64_t> shape;
  for (const std::string_view size : text::split(text, separator)) {
    shape.push_back(parse_number(size, whole));
  }
  return shape;
}

/// "int64", "int64<30522" into an input's type and range.
void parse_type(std::string_view text, std::string_view whole, InputSpec& input) {
  const std::size_t less = text.find('<');
  input.dtype = text::trim(text.substr(0, less));
  if (less == std::string_view::npos) return;
  if (types().contains(input.dtype) && !holds_whole_numbers(input.dtype)) {
    refuse(fmt::format("'<' in '{}' is for whole numbers only: {}", whole, grammar));
  }
  input.below = parse_number(text.substr(less + 1), whole);
}

InputSpec parse_input(std::string_view text, std::string_view whole) {
  InputSpec input;
  const std::size_t colon = text.find(':');
  input.shape = parse_shape(text::trim(text.substr(0, colon)), whole);
  if (colon != std::string_view::npos) parse_type(text.substr(colon + 1), whole, input);
  check(input);
  return input;
}

}  // namespace

void check(const InputSpec& input) {
  check_shape(input.shape);
  const auto type = types().find(input.dtype);
  if (type == types().end()) {
    refuse(
        fmt::format("'{}' is no type of an input; take float16, float32, float64, uint8, int32, "
                    "int64 or bool",
                    input.dtype));
  }
  if (type->second != 0 && (input.below < 1 || input.below > type->second)) {
    refuse(fmt::format("numbers of type {} are below 1 to {}, not below {}", input.dtype,
                       type->second, input.below));
  }
}

void check(const std::vector<InputSpec>& inputs) {
  if (inputs.empty()) refuse(fmt::format("no input is given: {}", grammar));
  for (const InputSpec& input : inputs) check(input);
}

std::vector<InputSpec> parse_inputs(std::string_view text) {
  if (text::trim(text).empty()) refuse(fmt::format("no input is given: {}", grammar));
  std::vector<InputSpec> inputs;
  for (const std::string_view input : text::split(text, ';')) {
    inputs.push_back(parse_input(input, text));
  }
  return inputs;
}

std::string to_string(const std::vector<InputSpec>& inputs) {
  const InputSpec usual;
  std::vector<std::string> texts;
  for (const InputSpec& input : inputs) {
    std::string text = fmt::format("{}", fmt::join(input.shape, "x"));
    if (input.dtype != usual.dtype) text += ":" + input.dtype;
    if (holds_whole_numbers(input.dtype) && input.below != usual.below) {
      text += fmt::format("<{}", input.below);
    }
    texts.push_back(text);
  }
  return text::join(texts, ";");
}

std::vector<InputSpec> with_batch(std::vector<InputSpec> inputs, std::int64_t factor) {
  check(inputs);
  for (InputSpec& input : inputs) {
    if (factor < 1 || input.shape.front() > most / factor) {
      refuse(fmt::format("{} cannot be a batch", factor));
    }
    input.shape.front() *= factor;
    check(input);
  }
  return inputs;
}

}  // namespace scission::torchscript
