// TorchScript modules from files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scission/base/export.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"

namespace scission::torchscript {

/// Loads what torch.jit.save() wrote, onto the CPU.
/// Throws Error(not_found) when there is no such file and Error(damaged) when it is no
/// TorchScript file, is cut short, or needs operators that this LibTorch does not have.
SCISSION_EXPORT torch::jit::Module load_module(const std::filesystem::path& path);

/// What the model in the file takes, in parse_inputs()' grammar, where the file says so: exported
/// built-in models and segments carry it. nullopt where it does not. Reads no weights.
/// Throws Error(not_found | damaged).
SCISSION_EXPORT std::optional<std::string> noted_inputs(const std::filesystem::path& path);

/// The model's name when its file is all that is known: the file's name without folder and ending.
SCISSION_EXPORT std::string model_name(const std::filesystem::path& path);

}  // namespace scission::torchscript
