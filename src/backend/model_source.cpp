// A model by its file or built-in name.
#include "scission/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {
namespace {

// The inputs that the file records.
std::vector<InputSpec> inputs_in(const std::filesystem::path& file, const Backend& backend) {
  std::optional<std::vector<InputSpec>> inputs = backend.recorded_inputs(file);
  if (!inputs) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' does not record its inputs; state them, for example "
                            "--input-shape 1,3,224,224, or \"1,128:int64<30522\" for tokens",
                            file.string()),
                "--input-shape");
  }
  return std::move(*inputs);
}

/// A built-in model, and the backend that builds it.
struct BuiltIn {
  const ZooModel* model = nullptr;
  const Backend* backend = nullptr;
};

std::vector<BuiltIn> built_ins() {
  std::vector<BuiltIn> all;
  for (const Backend* backend : backends()) {
    for (const ZooModel& model : backend->built_in_models()) all.push_back({&model, backend});
  }
  return all;
}

BuiltIn find_built_in(const std::string& name) {
  // The adaptivity study says densenet for DenseNet-121.
  const std::string wanted = name == "densenet" ? "densenet121" : name;
  std::vector<std::string> known;
  for (const BuiltIn& candidate : built_ins()) {
    if (candidate.model->name == wanted) return candidate;
    known.push_back(candidate.model->name);
  }
  throw_invalid_argument(
      fmt::format("no built-in model is called \"{}\"; {}", name, suggestion(name, known)));
}

// The built-in model of that name. Throws an error that says what a model may be.
ModelSource built_in(const std::string& model) {
  if (model.find_first_of("/.") != std::string::npos) {
    std::error_code ignored;
    throw Error(ErrorCode::not_found,
                std::filesystem::exists(model, ignored) ? "is no file; name a model file"
                                                        : "there is no such model file",
                model);
  }
  try {
    return zoo_source(model);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument,
                "is neither a file nor a built-in model: " + error.message(), model);
  }
}

}  // namespace

ModelSource find_model(const std::string& model, std::optional<std::vector<InputSpec>> inputs) {
  std::error_code ignored;
  ModelSource source;
  if (std::filesystem::is_regular_file(model, ignored)) {
    source.backend = &backend_of(model);
    source.backend->require_model_file(model);
    source.name = model_name(model);
    source.file = model;
    source.inputs = inputs ? std::move(*inputs) : inputs_in(model, *source.backend);
    return source;
  }
  source = built_in(model);
  if (inputs) source.inputs = std::move(*inputs);
  return source;
}

ModelSource zoo_source(const std::string& name) {
  const auto [model, backend] = find_built_in(name);
  return {model->name,
          {},
          {{{1, model->channels, model->height, model->width}}},
          model->preprocessing,
          backend};
}

const ZooModel& find_zoo_model(std::string_view name) {
  return *find_built_in(std::string(name)).model;
}

std::vector<ZooModel> select_zoo_models(const std::vector<std::string>& names,
                                        const std::string& place) {
  const bool is_all = names == std::vector<std::string>{"all"};
  std::vector<ZooModel> models;
  if (names.empty() || is_all) {
    for (const BuiltIn& one : built_ins()) {
      if (is_all || one.model->is_original) models.push_back(*one.model);
    }
    return models;
  }
  for (const std::string& name : names) {
    const ZooModel& model = find_zoo_model(name);
    const bool is_twice = std::any_of(models.begin(), models.end(), [&](const ZooModel& other) {
      return other.name == model.name;
    });
    if (is_twice) throw_invalid_argument(fmt::format("'{}' is named twice", name), place);
    models.push_back(model);
  }
  return models;
}

std::string model_name(const std::filesystem::path& path) { return path.stem().string(); }

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

Tensor image_input(const ModelSource& source, const Image& image) {
  const std::vector<std::int64_t>& shape = source.inputs.at(0).shape;
  const Image resized =
      resize_nearest(image, static_cast<int>(shape[3]), static_cast<int>(shape[2]));
  return to_tensor(resized, source.preprocessing, static_cast<int>(shape[0]));
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

}  // namespace scission
