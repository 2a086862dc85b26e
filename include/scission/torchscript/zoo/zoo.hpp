// The built-in models, as Keras Applications defines them, with seeded random weights.
//
// docs/zoo.md describes how they are built and how their weights are drawn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// Properties of a built-in model, known without building it.
struct SCISSION_EXPORT ZooModel {
  std::string name;
  int channels = 0;  ///< the input is float32, 1 × channels × height × width
  int height = 0;
  int width = 0;
  Preprocessing preprocessing = Preprocessing::torch;
  int layers = 0;               ///< Keras layers, including the input
  int cuts = 0;                 ///< places after which one tensor crosses, including the end
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t flops = 0;       ///< at batch 1, a multiply-add counted as two; see docs/zoo.md
};

/// All built-in models: those of the original in its order, then the others.
SCISSION_EXPORT const std::vector<ZooModel>& zoo_models();

/// The model of that name; "densenet", as the adaptivity study has it, is densenet121.
/// Throws Error(invalid_argument) with similar names for an unknown one. O(models).
SCISSION_EXPORT const ZooModel& find_zoo_model(std::string_view name);

/// The models of these names, in their order. {"all"} stands for all models, no name for those of
/// the original. Throws Error(invalid_argument) as find_zoo_model() does, and with `place` for a
/// model that is named twice. O(names · models).
SCISSION_EXPORT std::vector<ZooModel> select_zoo_models(const std::vector<std::string>& names,
                                                        const std::string& place);

/// Builds a model for inference, for any batch size: one submodule for each Keras layer, named as
/// in Keras, its class named after the layer's type, called in Keras' order.
///
/// Equal seeds give equal weights with any number of threads; no other random generator is used.
/// Throws Error(invalid_argument) for an unknown model. O(parameters).
SCISSION_EXPORT torch::jit::Module build_zoo_model(std::string_view name, std::uint64_t seed = 0);

/// Builds a model and writes it as a TorchScript file, which Python's torch.jit.load reads too. The
/// file replaces `path` in one step. Its extra file scission.json records the input's shape:
/// {"inputs":"1x3x224x224"}.
/// Throws Error(invalid_argument) for an unknown model, Error(io) when it cannot be written.
SCISSION_EXPORT void export_zoo_model(std::string_view name, const std::filesystem::path& path,
                                      std::uint64_t seed = 0);

// --- A model by its file or name ---

/// A model and its inputs. Nothing is loaded yet.
struct SCISSION_EXPORT ModelSource {
  std::string name;
  std::filesystem::path file;  ///< empty for a built-in model
  std::vector<InputSpec> inputs;

  /// The module, read or built on every call, with a forward() that takes the inputs' tensors: see
  /// bind_inputs(). Throws as load_module(), build_zoo_model() and bind_inputs() do.
  torch::jit::Module load() const;
};

/// The file `model`, or else the built-in model of that name. Without `inputs` they are those that
/// the file records, or the zoo. Throws Error(not_found | invalid_argument) where it is neither,
/// and Error(invalid_argument) where the file records none.
SCISSION_EXPORT ModelSource find_model(const std::string& model,
                                       std::optional<std::vector<InputSpec>> inputs = {});

/// The inputs that the file records; nullopt where it records none.
/// Throws Error(not_found | damaged).
SCISSION_EXPORT std::optional<std::vector<InputSpec>> recorded_inputs(
    const std::filesystem::path& file);

/// Specifications of the inputs, named as segments name them.
SCISSION_EXPORT std::vector<TensorSpec> input_tensors(const ModelSource& source);

/// The payload of a request's tensors.
SCISSION_EXPORT double input_bytes(const ModelSource& source);

/// Sets the batch dimension of each input that has one.
SCISSION_EXPORT void set_batch(ModelSource& source, std::int64_t batch);

/// Whether the model takes one float32 image, N × 3 × H × W, that no file gives.
SCISSION_EXPORT bool takes_an_image(const ModelSource& source);

/// The image as the input of a model that takes one: scaled to the model's size and prepared as the
/// zoo says, or for a file as for PyTorch's ImageNet models.
SCISSION_EXPORT at::Tensor image_input(const ModelSource& source, const Image& image);

/// Throws Error(invalid_argument) with `place` unless the model takes an image, of N, H and W from
/// 1 to 65,536.
SCISSION_EXPORT void validate_takes_an_image(const ModelSource& source, const std::string& place);

}  // namespace scission::torchscript
