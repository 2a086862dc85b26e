// A model by its file or built-in name.
#include <fmt/format.h>
#include <torch/script.h>

#include <cstdint>
#include <system_error>
#include <utility>

#include "scission/base/error.hpp"
#include "scission/model/tensor.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "torchscript/common/model_file.hpp"

namespace scission::torchscript {
namespace {

// The inputs that the file records.
std::vector<InputSpec> inputs_in(const std::filesystem::path& file) {
  std::optional<std::vector<InputSpec>> inputs = recorded_inputs(file);
  if (!inputs) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' does not record its inputs; state them, for example "
                            "--input-shape 1,3,224,224, or \"1,128:int64<30522\" for tokens",
                            file.string()),
                "--input-shape");
  }
  return std::move(*inputs);
}

// The built-in model of that name. Throws an error that says what a model may be.
const ZooModel& built_in(const std::string& model) {
  if (model.find_first_of("/.") != std::string::npos) {
    throw Error(ErrorCode::not_found, "there is no such model file", model);
  }
  try {
    return find_zoo_model(model);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument,
                "is neither a file nor a built-in model: " + error.message(), model);
  }
}

}  // namespace

torch::jit::Module ModelSource::load() const {
  torch::jit::Module module = file.empty() ? build_zoo_model(name) : load_module(file);
  bind_inputs(module, inputs, "model " + name);
  return module;
}

std::optional<std::vector<InputSpec>> recorded_inputs(const std::filesystem::path& file) {
  const std::optional<std::string> noted = recorded_inputs_text(file);
  if (!noted) return std::nullopt;
  try {
    return parse_inputs(*noted);
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged,
                "the input shapes stored in the file are invalid: " + error.message(),
                file.string());
  }
}

ModelSource find_model(const std::string& model, std::optional<std::vector<InputSpec>> inputs) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(model, ignored)) {
    require_torchscript_file(model);
    return {model_name(model), model, inputs ? std::move(*inputs) : inputs_in(model)};
  }
  const ZooModel& zoo = built_in(model);
  std::vector<InputSpec> own = {{{1, zoo.channels, zoo.height, zoo.width}}};
  return {zoo.name, {}, inputs ? std::move(*inputs) : std::move(own)};
}

std::vector<TensorSpec> input_tensors(const ModelSource& source) {
  std::vector<TensorSpec> tensors;
  for (const InputSpec& input : source.inputs) {
    if (input.is_number()) continue;
    tensors.push_back({fmt::format("input{}", tensors.size()), input.dtype, input.shape});
  }
  return tensors;
}

double input_bytes(const ModelSource& source) {
  double bytes = 0;
  for (const InputSpec& input : source.inputs) {
    if (input.is_number()) continue;
    bytes += static_cast<double>(tensor_bytes(input.dtype, input.shape));
  }
  return bytes;
}

void set_batch(ModelSource& source, std::int64_t batch) {
  for (InputSpec& input : source.inputs) {
    const auto rank = static_cast<int>(input.shape.size());
    const int dimension = input.batch_dimension;
    if (dimension >= 0 && dimension < rank) input.shape[dimension] = batch;
  }
}

bool takes_an_image(const ModelSource& source) {
  if (source.inputs.size() != 1 || source.inputs[0].tensor) return false;
  const InputSpec& input = source.inputs[0];
  return input.shape.size() == 4 && input.shape[1] == 3 && input.dtype == "float32";
}

at::Tensor image_input(const ModelSource& source, const Image& image) {
  const std::vector<std::int64_t>& shape = source.inputs.at(0).shape;
  const Preprocessing preprocessing =
      source.file.empty() ? find_zoo_model(source.name).preprocessing : Preprocessing::torch;
  const Image resized =
      resize_nearest(image, static_cast<int>(shape[3]), static_cast<int>(shape[2]));
  return to_tensor(resized, preprocessing, static_cast<int>(shape[0]));
}

void validate_takes_an_image(const ModelSource& source, const std::string& place) {
  if (!takes_an_image(source)) {
    throw Error(ErrorCode::invalid_argument,
                "an image fits into N,3,H,W only; leave the image out for random numbers", place);
  }
  constexpr std::int64_t largest = 65'536;
  for (const std::int64_t extent : source.inputs[0].shape) {
    if (extent >= 1 && extent <= largest) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("each number must be from 1 to {}", largest), place);
  }
}

}  // namespace scission::torchscript
