// A model by its file or built-in name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/inputs/image.hpp"
#include "scission/inputs/inputs.hpp"
#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"

namespace scission {

class Backend;
struct ZooModel;

/// A model and its inputs. Nothing is loaded yet.
struct SCISSION_EXPORT ModelSource {
  std::string name;
  std::filesystem::path file;  ///< empty for a built-in model
  std::vector<InputSpec> inputs;
  Preprocessing preprocessing = Preprocessing::torch;  ///< of an image as its input
  const Backend* backend = nullptr;  ///< that opens it; lives until the process ends
};

/// The file `model`, or else the built-in model of that name. Without `inputs` they are those that
/// the file records, or the built-in model's. Throws Error(not_found | invalid_argument) where it
/// is neither, Error(invalid_argument) where the file records none, and as backend_of() does.
SCISSION_EXPORT ModelSource find_model(const std::string& model,
                                       std::optional<std::vector<InputSpec>> inputs = {});

/// The built-in model of that name as a source, for batch 1. Throws as find_zoo_model() does.
SCISSION_EXPORT ModelSource zoo_source(const std::string& name);

/// The built-in model of that name, of any backend; "densenet", as the adaptivity study has it, is
/// densenet121. Throws Error(invalid_argument) with similar names for an unknown one. O(models).
SCISSION_EXPORT const ZooModel& find_zoo_model(std::string_view name);

/// The built-in models of these names, in their order. {"all"} stands for all models, no name for
/// those of the original. Throws Error(invalid_argument) as find_zoo_model() does, and with `place`
/// for a model that is named twice. O(names · models).
SCISSION_EXPORT std::vector<ZooModel> select_zoo_models(const std::vector<std::string>& names,
                                                        const std::string& place);

/// A file's name without folder and extension.
SCISSION_EXPORT std::string model_name(const std::filesystem::path& path);

/// Specifications of the inputs, named as segments name them.
SCISSION_EXPORT std::vector<TensorSpec> input_tensors(const ModelSource& source);

/// The payload of a request's tensors, in bytes.
SCISSION_EXPORT double input_bytes(const ModelSource& source);

/// Sets the batch dimension of each input that has one.
SCISSION_EXPORT void set_batch(ModelSource& source, std::int64_t batch);

/// Whether the model takes one float32 image, N × 3 × H × W, that no file gives.
SCISSION_EXPORT bool takes_an_image(const ModelSource& source);

/// The image as the input of a model that takes one: scaled to the model's size and prepared as the
/// source says.
SCISSION_EXPORT Tensor image_input(const ModelSource& source, const Image& image);

/// Throws Error(invalid_argument) with `place` unless the model takes an image, of N, H and W from
/// 1 to 65,536.
SCISSION_EXPORT void validate_takes_an_image(const ModelSource& source, const std::string& place);

}  // namespace scission
