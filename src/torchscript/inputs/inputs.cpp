#include "scission/torchscript/inputs/inputs.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stb/stb_image.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "base/require.hpp"
#include "base/text.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

constexpr std::int64_t max_count = std::numeric_limits<std::int64_t>::max();

constexpr const char* grammar =
    "an input is a shape, batch first, followed by its type unless float32: 1,3,224,224 or "
    "1x128:int64<30522 (integers below 30522); join several by ';'";

/// The types, each with the number of integers from 0 that it represents; 0 for other types.
const std::map<std::string_view, std::int64_t>& types() {
  static const std::map<std::string_view, std::int64_t> types{{"float16", 0},
                                                              {"float32", 0},
                                                              {"float64", 0},
                                                              {"bool", 2},
                                                              {"uint8", 256},
                                                              {"int64", max_count},
                                                              {"int32", std::int64_t{1} << 31}};
  return types;
}

bool is_integer(std::string_view dtype) {
  const auto type = types().find(dtype);
  return type != types().end() && type->second != 0;
}

void validate_shape(const std::vector<std::int64_t>& shape) {
  if (shape.empty() || std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1; })) {
    throw_invalid_argument(
        fmt::format("an input shape consists of integers ≥ 1, such as 1x3x224x224, not '{}'",
                    fmt::join(shape, "x")));
  }
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    // The number of bytes must fit as well.
    if (size > max_count / 8 / elements) {
      throw_invalid_argument(
          fmt::format("an input of shape {} is too large", fmt::join(shape, "x")));
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
  if (!number)
    throw_invalid_argument(fmt::format("'{}' in '{}' is not an integer: {}", text, whole, grammar));
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

void validate(const InputSpec& input) {
  validate_shape(input.shape);
  const auto type = types().find(input.dtype);
  if (type == types().end()) {
    throw_invalid_argument(
        fmt::format("'{}' is not an input type; use float16, float32, float64, uint8, int32, "
                    "int64 or bool",
                    input.dtype));
  }
  if (type->second != 0 && (input.below < 1 || input.below > type->second)) {
    throw_invalid_argument(fmt::format("integers of type {} are drawn below 1 to {}, not below {}",
                                       input.dtype, type->second, input.below));
  }
}

void validate(const std::vector<InputSpec>& inputs) {
  if (inputs.empty()) throw_invalid_argument(fmt::format("no input is given: {}", grammar));
  for (const InputSpec& input : inputs) validate(input);
}

InputSpec parse_input(std::string_view text, std::string_view whole) {
  InputSpec input;
  const std::size_t colon = text.find(':');
  input.shape = parse_shape(text::trim(text.substr(0, colon)), whole);
  if (colon != std::string_view::npos) parse_type(text.substr(colon + 1), whole, input);
  validate(input);
  return input;
}

/// Drawn as float32 or int64 and converted, because some versions of LibTorch lack the other types.
at::Tensor random_input(const InputSpec& input, const at::Generator& generator) {
  const at::ScalarType type = scalar_type(input.dtype);
  if (type == at::kDouble) return torch::randn(input.shape, generator, at::kDouble);
  if (at::isFloatingType(type)) return torch::randn(input.shape, generator, at::kFloat).to(type);
  return torch::randint(input.below, input.shape, generator, at::kLong).to(type);
}

constexpr int rgb_channels = 3;

/// output[channel] = (input[source[channel]] − mean[channel]) / scale[channel], input 0…255.
struct Normalisation {
  std::array<int, 3> source;
  std::array<double, 3> mean;
  std::array<double, 3> scale;
};

// keras/applications/imagenet_utils.py
Normalisation normalisation(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return {{2, 1, 0}, {103.939, 116.779, 123.68}, {1, 1, 1}};
    case Preprocessing::tf:
      return {{0, 1, 2}, {127.5, 127.5, 127.5}, {127.5, 127.5, 127.5}};
    case Preprocessing::torch:
      break;
  }
  return {
      {0, 1, 2}, {0.485 * 255, 0.456 * 255, 0.406 * 255}, {0.229 * 255, 0.224 * 255, 0.225 * 255}};
}

}  // namespace

std::vector<InputSpec> parse_inputs(std::string_view text) {
  if (text::trim(text).empty())
    throw_invalid_argument(fmt::format("no input is given: {}", grammar));
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
    if (is_integer(input.dtype) && input.below != usual.below) {
      text += fmt::format("<{}", input.below);
    }
    texts.push_back(text);
  }
  return text::join(texts, ";");
}

std::vector<InputSpec> with_batch(std::vector<InputSpec> inputs, std::int64_t factor) {
  validate(inputs);
  for (InputSpec& input : inputs) {
    if (factor < 1 || input.shape.front() > max_count / factor) {
      throw_invalid_argument(fmt::format("{} is not a valid batch factor", factor));
    }
    input.shape.front() *= factor;
    validate(input);
  }
  return inputs;
}

std::vector<at::Tensor> random_inputs(const InputOptions& options) {
  validate(options.tensors);
  const at::Generator generator = at::detail::createCPUGenerator(options.seed);
  std::vector<at::Tensor> tensors;
  for (const InputSpec& input : options.tensors) {
    try {
      tensors.push_back(random_input(input, generator));
    } catch (const std::exception& error) {
      throw_invalid_argument(
          fmt::format("an input {} cannot be created: {}", to_string({input}), one_line(error)));
    }
  }
  return tensors;
}

Image load_image(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::not_found, "there is no such image file", path.string());
  }
  Image image;
  int channels_in_file = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load(path.c_str(), &image.width, &image.height, &channels_in_file, rgb_channels),
      stbi_image_free);
  if (!pixels) {
    throw Error(
        ErrorCode::damaged,
        fmt::format("cannot be read as an image, use a JPEG or PNG ({})", stbi_failure_reason()),
        path.string());
  }
  const std::size_t bytes = std::size_t{rgb_channels} * image.width * image.height;
  image.rgb.assign(pixels.get(), pixels.get() + bytes);
  return image;
}

Image resize_nearest(const Image& image, int width, int height) {
  if (width < 1 || height < 1) {
    throw_invalid_argument(fmt::format("an image cannot be {} wide and {} high", width, height));
  }
  Image resized{width, height, {}};
  resized.rgb.reserve(std::size_t{rgb_channels} * width * height);
  for (std::int64_t y = 0; y < height; ++y) {
    // ⌊(y + ½) · from / to⌋ in whole numbers
    const std::int64_t row = (2 * y + 1) * image.height / (std::int64_t{2} * height);
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t column = (2 * x + 1) * image.width / (std::int64_t{2} * width);
      const auto pixel = image.rgb.begin() + rgb_channels * (row * image.width + column);
      resized.rgb.insert(resized.rgb.end(), pixel, pixel + rgb_channels);
    }
  }
  return resized;
}

std::string to_string(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return "caffe";
    case Preprocessing::tf:
      return "tf";
    case Preprocessing::torch:
      break;
  }
  return "torch";
}

at::Tensor to_tensor(const Image& image, Preprocessing preprocessing, int batch) {
  if (batch < 1) throw_invalid_argument("the batch must be 1 or more");
  const Normalisation rule = normalisation(preprocessing);
  at::Tensor tensor = torch::empty({1, rgb_channels, image.height, image.width});
  const std::int64_t pixels = std::int64_t{image.height} * image.width;
  float* out = tensor.data_ptr<float>();
  for (int channel = 0; channel < rgb_channels; ++channel) {
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      const double value = image.rgb[rgb_channels * pixel + rule.source[channel]];
      *out++ = static_cast<float>((value - rule.mean[channel]) / rule.scale[channel]);
    }
  }
  return tensor.repeat({batch, 1, 1, 1});
}

}  // namespace scission::torchscript
