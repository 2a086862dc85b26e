// The built-in models, as Keras Applications defines them, with seeded random weights.
//
// docs/zoo.md says how they are built and how the weights are drawn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"

namespace scission::torchscript {

/// What Keras does to an RGB image of 0…255 before a model sees it (imagenet_utils).
enum class Preprocessing {
  caffe,  ///< channels become BGR, the ImageNet mean (103.939, 116.779, 123.68) is taken off
  tf,     ///< scaled to -1…1
  torch,  ///< scaled to 0…1, then each channel normalised by ImageNet's mean and deviation
};

/// What is known of a model without building it.
struct SCISSION_EXPORT ZooModel {
  std::string name;
  int channels = 0;  ///< the input is float32, 1 × channels × height × width
  int height = 0;
  int width = 0;
  Preprocessing preprocessing = Preprocessing::torch;
  int layers = 0;               ///< Keras layers, the input among them
  int cuts = 0;                 ///< places after which one tensor crosses, the end among them
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t flops = 0;       ///< at batch 1, a multiply-add counted as two; docs/zoo.md says how
};

/// The models that can be built, in the original's order.
SCISSION_EXPORT const std::vector<ZooModel>& zoo_models();

/// Throws Error(invalid_argument) that lists the known models when `name` is none of them.
SCISSION_EXPORT const ZooModel& find_zoo_model(std::string_view name);

/// Builds a model for inference: one submodule a Keras layer, named as Keras names the layer,
/// its class named after the layer's type, called in Keras' order. Any batch size.
///
/// Equal seeds give equal weights, whatever the number of threads; no other random generator is
/// touched. Throws Error(invalid_argument) for an unknown model.
SCISSION_EXPORT torch::jit::Module build_zoo_model(std::string_view name, std::uint64_t seed = 0);

/// Builds a model and writes it as a TorchScript file, which Python's torch.jit.load reads too.
/// Written beside `path` and renamed, so that `path` never holds half a model.
/// The file tells its input's shape: its extra file scission.json is {"inputs":"1x3x224x224"}.
/// Throws Error(invalid_argument) for an unknown model, Error(io) when it cannot be written.
SCISSION_EXPORT void export_zoo_model(std::string_view name, const std::filesystem::path& path,
                                      std::uint64_t seed = 0);

}  // namespace scission::torchscript
