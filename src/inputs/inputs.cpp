// Model inputs: their specification as text.
#include "scission/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission {
namespace {

constexpr std::int64_t max_count = std::numeric_limits<std::int64_t>::max();

constexpr const char* grammar =
    "an input is a shape, batch first, followed by its type unless float32: 1,3,224,224 or "
    "1x128:int64<30522 (integers below 30522) or 4:int64:1..8; join several by ';'";

/// The least and the largest integer of a type; none for other types.
struct Limits {
  std::int64_t min = 0;
  std::int64_t max = -1;
};

const std::map<std::string_view, Limits>& types() {
  static const std::map<std::string_view, Limits> types{
      {"float16", {}},
      {"bfloat16", {}},
      {"float32", {}},
      {"float64", {}},
      {"complex64", {}},
      {"complex128", {}},
      {"bool", {0, 1}},
      {"uint8", {0, 255}},
      {"int8", {-128, 127}},
      {"int16", {-32768, 32767}},
      {"int32",
       {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}},
      {"int64", {std::numeric_limits<std::int64_t>::min(), max_count - 1}}};
  return types;
}

constexpr const char* type_list =
    "float16, bfloat16, float32, float64, complex64, complex128, uint8, int8, int16, int32, int64 "
    "or bool";

bool is_integer(std::string_view dtype) {
  const auto type = types().find(dtype);
  return type != types().end() && type->second.max > 0;
}

bool is_complex(std::string_view dtype) { return dtype.starts_with("complex"); }

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

void validate_shape(const std::vector<std::int64_t>& shape) {
  if (std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 0; })) {
    throw_invalid_argument(
        fmt::format("an input shape consists of integers ≥ 0, such as 1x3x224x224, not '{}'",
                    fmt::join(shape, "x")));
  }
  constexpr std::int64_t widest = 16;  // bytes of an element: their number must fit as well
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size > max_count / widest / std::max<std::int64_t>(1, elements)) {
      throw_invalid_argument(
          fmt::format("an input of shape {} is too large", fmt::join(shape, "x")));
    }
    elements *= std::max<std::int64_t>(1, size);
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
  if (!number)
    throw_invalid_argument(fmt::format("'{}' in '{}' is not an integer: {}", text, whole, grammar));
  return *number;
}

std::vector<std::int64_t> parse_shape(std::string_view text, std::string_view whole) {
  if (text == "scalar") return {};
  const char separator = text.find('x') == std::string_view::npos ? ',' : 'x';
  std::vector<std::int64_t> shape;
  for (const std::string_view size : text::split(text, separator)) {
    shape.push_back(parse_number(size, whole));
  }
  return shape;
}

/// Reads "int64" or "int64<30522" into an input's type and range.
void parse_type(std::string_view text, std::string_view whole, InputSpec& input) {
  const std::size_t less = text.find('<');
  input.dtype = text::trim(text.substr(0, less));
  if (less == std::string_view::npos) return;
  if (types().contains(input.dtype) && !is_integer(input.dtype)) {
    throw_invalid_argument(
        fmt::format("'<' in '{}' is for integer types only: {}", whole, grammar));
  }
  input.below = parse_number(text.substr(less + 1), whole);
}

// "1..8", both included.
bool parse_range(std::string_view text, std::string_view whole, InputSpec& input) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return false;
  input.lowest = parse_number(text.substr(0, dots), whole);
  const std::int64_t highest = parse_number(text.substr(dots + 2), whole);
  if (highest < input.lowest || highest == max_count) {
    throw_invalid_argument(
        fmt::format("'{}' in '{}' is not a range LOWEST..HIGHEST, such as 1..8", text, whole));
  }
  input.below = is_integer(input.dtype) ? highest + 1 : highest;
  input.is_uniform = !is_integer(input.dtype);
  return true;
}

double parse_real(std::string_view text, std::string_view whole) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  const auto value = text::to_double(text);
  if (!value) throw_invalid_argument(fmt::format("'{}' in '{}' is not a number", text, whole));
  return *value;
}

// What may follow shape and type: a range, "sorted", "start=0", "fill=1", "batch=1".
bool parse_property(std::string_view word, std::string_view whole, InputSpec& input) {
  if (parse_range(word, whole, input)) return true;
  if (word == "sorted") return input.is_sorted = true;
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = text::trim(word.substr(0, equals));
  const std::string_view value = text::trim(word.substr(equals + 1));
  if (key == "start") {
    input.first = parse_number(value, whole);
  } else if (key == "fill") {
    input.fill = parse_real(value, whole);
  } else if (key == "batch") {
    input.batch_dimension = value == "none"
                                ? -1
                                : static_cast<int>(std::clamp<std::int64_t>(
                                      parse_number(value, whole), -2, std::int64_t{1} << 20));
  } else {
    return false;
  }
  return true;
}

void validate_integers(const InputSpec& input, const Limits& limits) {
  const std::int64_t highest = input.below - 1;
  if (input.lowest == 0 && (input.below < 1 || highest > limits.max)) {
    throw_invalid_argument(fmt::format("integers of type {} are drawn below 1 to {}, not below {}",
                                       input.dtype, limits.max + 1, input.below));
  }
  if (input.lowest < limits.min || highest > limits.max || highest < input.lowest) {
    throw_invalid_argument(fmt::format("integers of type {} are {} to {}, not {} to {}",
                                       input.dtype, limits.min, limits.max, input.lowest, highest));
  }
  if (input.first && (*input.first < input.lowest || *input.first > highest)) {
    throw_invalid_argument(
        fmt::format("start={} is not in the range {}..{}", *input.first, input.lowest, highest));
  }
  if (input.fill &&
      (*input.fill != std::floor(*input.fill) || *input.fill < static_cast<double>(limits.min) ||
       *input.fill > static_cast<double>(limits.max))) {
    throw_invalid_argument(fmt::format("fill={} is not of type {}", *input.fill, input.dtype));
  }
}

void validate(const InputSpec& input) {
  if (input.is_number()) return;
  validate_shape(input.shape);
  const auto type = types().find(input.dtype);
  if (type == types().end()) {
    throw_invalid_argument(
        fmt::format("'{}' is not an input type; use {}", input.dtype, type_list));
  }
  if (is_integer(input.dtype)) validate_integers(input, type->second);
  if (is_complex(input.dtype) && (input.is_uniform || input.is_sorted || input.first)) {
    throw_invalid_argument(fmt::format(
        "complex numbers have no order; leave the range of the {} input out", input.dtype));
  }
  const auto rank = static_cast<std::int64_t>(input.shape.size());
  if (rank > 0 && (input.batch_dimension < -1 || input.batch_dimension >= rank)) {
    throw_invalid_argument(fmt::format(
        "batch={} is not a dimension of an input of shape {}: use 0 to {}, or batch=none",
        input.batch_dimension, shape_text(input.shape), rank - 1));
  }
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

// The name in front of "=", unless that belongs to what follows the shape.
std::string parse_name(std::string_view& text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text::trim(text.substr(0, equals));
  const bool is_name = equals != std::string_view::npos && !name.empty() &&
                       std::all_of(name.begin(), name.end(), is_name_character) &&
                       std::isdigit(static_cast<unsigned char>(name.front())) == 0;
  if (!is_name) return {};
  text = text::trim(text.substr(equals + 1));
  return std::string(name);
}

std::string parse_python_number(std::string_view text, std::string_view whole) {
  text = text::trim(text);
  if (text != "true" && text != "false") parse_real(text, whole);
  return std::string(text);
}

// The words behind the shape: separated by ':' or blanks; "" where one is empty.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view part : text::split(text, ':')) {
    std::string_view rest = text::trim(part);
    do {
      const std::size_t blank = rest.find(' ');
      // "int64 < 5" is one word.
      const std::string_view next = blank == rest.npos ? "" : text::trim(rest.substr(blank));
      const bool ends = blank != rest.npos && next.front() != '<' && rest[blank - 1] != '<';
      words.push_back(ends ? rest.substr(0, blank) : rest);
      rest = ends ? next : std::string_view();
    } while (!rest.empty());
  }
  return words;
}

InputSpec parse_input(std::string_view text, std::string_view whole) {
  InputSpec input;
  input.name = parse_name(text);
  const std::size_t colon = text.find(':');
  const std::string_view shape = text::trim(text.substr(0, colon));
  if (shape == "number") {
    input.shape = {};
    input.number =
        parse_python_number(colon == std::string_view::npos ? "" : text.substr(colon + 1), whole);
    return input;
  }
  input.shape = parse_shape(shape, whole);
  if (colon != std::string_view::npos) {
    const std::vector<std::string_view> words = words_of(text.substr(colon + 1));
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (parse_property(words[i], whole, input)) continue;
      if (i > 0) {
        throw_invalid_argument(
            fmt::format("'{}' in '{}' is not a property of an input; after the type there may be "
                        "LOWEST..HIGHEST, sorted, start=N, fill=N, batch=N or batch=none",
                        words[i], whole));
      }
      parse_type(words[i], whole, input);
    }
  }
  validate(input);
  return input;
}

std::string to_string(const InputSpec& input) {
  const InputSpec usual;
  std::string text = input.name.empty() ? "" : input.name + "=";
  if (input.is_number()) return text + "number:" + input.number;
  text += shape_text(input.shape);
  const bool has_low = input.lowest != usual.lowest || input.is_uniform;
  if (input.dtype != usual.dtype) text += ":" + input.dtype;
  if (has_low) {
    text += fmt::format(":{}..{}", input.lowest, input.below - (input.is_uniform ? 0 : 1));
  } else if (is_integer(input.dtype) && input.below != usual.below) {
    text += fmt::format("<{}", input.below);
  }
  if (input.is_sorted) text += ":sorted";
  if (input.first) text += fmt::format(":start={}", *input.first);
  if (input.fill) text += fmt::format(":fill={}", *input.fill);
  if (input.batch_dimension < 0) {
    text += ":batch=none";
  } else if (input.batch_dimension > 0) {
    text += fmt::format(":batch={}", input.batch_dimension);
  }
  return text;
}

}  // namespace

std::vector<InputSpec> parse_inputs(std::string_view text) {
  if (text::trim(text).empty())
    throw_invalid_argument(fmt::format("no input is given: {}", grammar));
  std::vector<InputSpec> inputs;
  for (const std::string_view input : text::split(text, ';')) {
    inputs.push_back(parse_input(text::trim(input), text));
  }
  return inputs;
}

std::string to_string(const std::vector<InputSpec>& inputs) {
  std::vector<std::string> texts;
  for (const InputSpec& input : inputs) texts.push_back(to_string(input));
  return text::join(texts, ";");
}

void validate_inputs(const std::vector<InputSpec>& inputs) {
  if (inputs.empty()) throw_invalid_argument(fmt::format("no input is given: {}", grammar));
  for (const InputSpec& input : inputs) validate(input);
}

std::int64_t batch_size(const std::vector<InputSpec>& inputs) {
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [](const InputSpec& input) { return input.has_batch(); });
  return found != inputs.end() ? found->shape[found->batch_dimension] : 0;
}

std::vector<InputSpec> scale_batch(std::vector<InputSpec> inputs, std::int64_t factor) {
  validate_inputs(inputs);
  for (InputSpec& input : inputs) {
    if (factor < 1) throw_invalid_argument(fmt::format("{} is not a valid batch factor", factor));
    if (!input.has_batch()) continue;
    std::int64_t& batch = input.shape[input.batch_dimension];
    if (batch > max_count / factor) {
      throw_invalid_argument(fmt::format("{} is not a valid batch factor", factor));
    }
    batch *= factor;
    validate(input);
  }
  return inputs;
}

Tensor stored_input(const InputSpec& input) {
  const Tensor& tensor = *input.tensor;
  if (!input.has_batch() || tensor.shape == input.shape) return tensor;
  const std::int64_t stored = tensor.shape.at(input.batch_dimension);
  const std::int64_t asked = input.shape[input.batch_dimension];
  if (stored == 0) return tensor;
  const auto batch = tensor.shape.begin() + input.batch_dimension;
  const std::size_t row = tensor_bytes(tensor.dtype, {batch + 1, tensor.shape.end()});
  const std::int64_t before =
      std::accumulate(tensor.shape.begin(), batch, std::int64_t{1}, std::multiplies<>());
  std::string bytes;
  for (std::int64_t i = 0; i < before * asked; ++i) {
    const std::int64_t from = i / asked * stored + i % asked % stored;
    bytes.append(tensor.bytes.view().substr(row * from, row));
  }
  Tensor result{tensor.name, tensor.dtype, tensor.shape, to_shared_bytes(std::move(bytes))};
  result.shape[input.batch_dimension] = asked;
  return result;
}

}  // namespace scission
