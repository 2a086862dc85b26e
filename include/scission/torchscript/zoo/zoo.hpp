// The built-in models, as Keras Applications defines them, with seeded random weights.
//
// docs/zoo.md describes how they are built and how their weights are drawn.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/common/module.hpp"

namespace scission::torchscript {

/// All built-in models: those of the original in its order, then the others.
SCISSION_EXPORT const std::vector<ZooModel>& zoo_models();

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

}  // namespace scission::torchscript
