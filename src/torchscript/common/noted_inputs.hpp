// The note on what a model takes that travels in its file.
#pragma once

#include <torch/csrc/jit/serialization/import.h>

#include <string>

namespace scission::torchscript {

inline constexpr const char* note_name = "scission.json";

/// The extra file that noted_inputs() reads back.
torch::jit::ExtraFilesMap note_of_inputs(const std::string& inputs);

}  // namespace scission::torchscript
