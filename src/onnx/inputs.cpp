#include "onnx/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission::onnx {
namespace {

using Shape = std::vector<std::int64_t>;

// "1x3x?x?".
std::string shape_text(const Shape& shape) {
  if (shape.empty()) return "a scalar";
  std::vector<std::string> extents;
  for (const std::int64_t extent : shape) {
    extents.push_back(extent < 0 ? "?" : std::to_string(extent));
  }
  return text::join(extents, "x");
}

[[noreturn]] void throw_mismatch(const ModelFile& model, std::string message) {
  throw Error(ErrorCode::mismatch, std::move(message), model.path.string());
}

// "images (float32, ?x3x640x640)".
std::string input_text(const ModelInput& input) {
  return fmt::format("{} ({}, {})", clean_text(input.name), input.dtype,
                     input.has_shape ? shape_text(input.shape) : "any shape");
}

std::string inputs_text(const std::vector<ModelInput>& inputs) {
  std::vector<std::string> texts;
  for (const ModelInput& input : inputs) texts.push_back(input_text(input));
  return text::join(texts, ", ");
}

bool is_shape_of(const ModelInput& input, const Shape& shape) {
  if (!input.has_shape) return true;
  return std::equal(
      shape.begin(), shape.end(), input.shape.begin(), input.shape.end(),
      [](std::int64_t given, std::int64_t declared) { return declared < 0 || given == declared; });
}

void validate_input(const ModelFile& model, const ModelInput& input, const std::string& dtype,
                    const Shape& shape) {
  if (dtype == input.dtype && is_shape_of(input, shape)) return;
  throw_mismatch(model,
                 fmt::format("takes {}, not {}, {}", input_text(input), dtype, shape_text(shape)));
}

// Which input of the model the spec is for.
std::size_t find_input(const ModelFile& model, const std::vector<ModelInput>& inputs,
                       const InputSpec& spec, std::size_t position) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!spec.name.empty() && inputs[i].name == spec.name) return i;
    names.push_back(clean_text(inputs[i].name));
  }
  if (spec.name.empty() || spec.is_named_by_file) return position;
  throw_mismatch(model, fmt::format("has no input '{}'; {}", clean_text(spec.name),
                                    suggestion(spec.name, names)));
}

void require_sizes(const ModelFile& model, const ModelInput& input, const Shape& shape) {
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (input.has_shape && open == shape.end()) return;
  std::string what = "the shape";
  if (input.has_shape) {
    const auto number = static_cast<std::size_t>(open - shape.begin());
    const std::string& name = input.dimension_names[number];
    what =
        fmt::format("dimension {}{}", number, name.empty() ? "" : " ('" + clean_text(name) + "')");
  }
  throw_invalid_argument(
      fmt::format("{} leaves {} of its input {} open: state the shapes, for example "
                  "--input-shape \"{}=1,3,224,224\"",
                  model.path.string(), what, input_text(input), clean_text(input.name)),
      "--input-shape");
}

// --- Random numbers ---

std::uint16_t half_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const auto exponent = static_cast<std::int32_t>((bits >> 23) & 0xffU) - 112;
  if (exponent <= 0) return sign;             // smaller than a normal half: 0
  if (exponent >= 31) return sign | 0x7c00U;  // infinite
  return static_cast<std::uint16_t>(sign | (exponent << 10) | ((bits >> 13) & 0x3ffU));
}

void append(std::string& bytes, const void* value, std::size_t size) {
  bytes.append(static_cast<const char*>(value), size);
}

void append_number(std::string& bytes, double value, const std::string& dtype) {
  const auto narrow = static_cast<float>(value);
  if (dtype == "float64") append(bytes, &value, sizeof value);
  if (dtype == "float32") append(bytes, &narrow, sizeof narrow);
  const auto half = dtype == "float16"
                        ? half_of(narrow)
                        : static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(narrow) >> 16);
  if (dtype == "float16" || dtype == "bfloat16") append(bytes, &half, sizeof half);
}

void append_number(std::string& bytes, std::int64_t value, const std::string& dtype) {
  append(bytes, &value, element_bytes(dtype));  // little-endian: the low bytes are in front
}

// The elements along the last dimension in ascending order, the first one as the spec says.
template <typename T>
void arrange(const InputSpec& input, std::vector<T>& numbers) {
  const auto row = input.shape.empty() ? 0 : static_cast<std::ptrdiff_t>(input.shape.back());
  if (row == 0) return;
  for (auto begin = numbers.begin(); begin != numbers.end(); begin += row) {
    if (input.is_sorted) std::sort(begin, begin + row);
    if (input.first) *begin = static_cast<T>(*input.first);
  }
}

std::int64_t lowest_of(const InputSpec& input) {
  return input.is_sorted && input.first ? std::max(input.lowest, *input.first) : input.lowest;
}

// The standard library's distributions differ from one to another; these do not.
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : engine_(seed) {}

  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double normal() {  // Box and Muller
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * 3.14159265358979323846 * uniform());
  }
  std::int64_t integer(std::int64_t lowest, std::int64_t below) {
    const std::uint64_t count =
        static_cast<std::uint64_t>(below) - static_cast<std::uint64_t>(lowest);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(lowest) + engine_() % count);
  }

 private:
  std::mt19937_64 engine_;
};

template <typename T, typename Draw>
std::string drawn_bytes(const InputSpec& input, std::size_t count, Draw draw) {
  std::vector<T> numbers(count);
  for (T& number : numbers) number = draw();
  arrange(input, numbers);
  std::string bytes;
  for (const T number : numbers) append_number(bytes, number, input.dtype);
  return bytes;
}

Tensor random_tensor(const InputSpec& input, RandomNumbers& random) {
  if (elem_type(input.dtype) == 0) {
    throw Error(ErrorCode::unsupported,
                fmt::format("ONNX Runtime takes no tensors of type {}", input.dtype));
  }
  const std::size_t count = tensor_bytes(input.dtype, input.shape) / element_bytes(input.dtype);
  const double lowest = static_cast<double>(lowest_of(input));
  const double width = static_cast<double>(input.below) - lowest;
  std::string bytes;
  if (input.dtype.find("float") != std::string::npos) {
    bytes = drawn_bytes<double>(input, count, [&] {
      if (input.fill) return *input.fill;
      return input.is_uniform ? lowest + width * random.uniform() : random.normal();
    });
  } else {
    bytes = drawn_bytes<std::int64_t>(input, count, [&] {
      if (input.fill) return static_cast<std::int64_t>(*input.fill);
      return random.integer(lowest_of(input), input.below);
    });
  }
  return {input.name, input.dtype, input.shape, to_shared_bytes(std::move(bytes))};
}

}  // namespace

std::vector<InputSpec> specified_inputs(const ModelFile& model) {
  std::vector<InputSpec> specs;
  for (const ModelInput& input : inputs_of(model)) {
    InputSpec spec;
    spec.name = input.name;
    spec.dtype = input.dtype;
    spec.shape = input.shape;
    if (!spec.shape.empty() && spec.shape[0] < 0) {
      spec.shape[0] = 1;
    } else {
      spec.batch_dimension = -1;
    }
    require_sizes(model, input, spec.shape);
    specs.push_back(std::move(spec));
  }
  return specs;
}

void order_inputs(ModelFile& model, const std::vector<InputSpec>& specs) {
  const std::vector<ModelInput> inputs = inputs_of(model);
  std::vector<InputSpec> tensors = specs;
  std::erase_if(tensors, [](const InputSpec& spec) { return spec.is_number(); });
  if (tensors.size() != specs.size()) throw_mismatch(model, "takes tensors only, no numbers");
  if (tensors.size() != inputs.size()) {
    throw_mismatch(model, fmt::format("takes {} inputs, not {}: {}", inputs.size(), tensors.size(),
                                      inputs_text(inputs)));
  }
  std::vector<std::string> order;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const ModelInput& input = inputs[find_input(model, inputs, tensors[i], i)];
    if (std::find(order.begin(), order.end(), input.name) != order.end()) {
      throw_mismatch(model, fmt::format("is given its input '{}' twice", clean_text(input.name)));
    }
    validate_input(model, input, tensors[i].dtype, tensors[i].shape);
    order.push_back(input.name);
  }
  auto& ports = *model.proto.mutable_graph()->mutable_input();
  std::stable_sort(ports.begin(), ports.end(), [&](const auto& a, const auto& b) {
    const auto place = [&](const std::string& name) {
      return std::find(order.begin(), order.end(), name);
    };
    return place(a.name()) < place(b.name());
  });
}

std::vector<Tensor> named_inputs(const ModelFile& model, std::vector<Tensor> tensors) {
  const std::vector<ModelInput> inputs = inputs_of(model);
  if (tensors.size() != inputs.size()) {
    throw_mismatch(model, fmt::format("takes {} inputs, not {}: {}", inputs.size(), tensors.size(),
                                      inputs_text(inputs)));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    validate_input(model, inputs[i], tensors[i].dtype, tensors[i].shape);
    validate_tensor(tensors[i]);
    tensors[i].name = inputs[i].name;
  }
  return tensors;
}

std::vector<Tensor> random_tensors(const InputOptions& options) {
  validate_inputs(options.tensors);
  RandomNumbers random(options.seed);
  std::vector<Tensor> tensors;
  for (const InputSpec& input : options.tensors) {
    if (input.is_number()) continue;
    tensors.push_back(input.tensor ? stored_input(input) : random_tensor(input, random));
  }
  return tensors;
}

}  // namespace scission::onnx
