// TorchScript modules to files.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <filesystem>
#include <string>

namespace scission::torchscript {

/// The extra file in which a model's inputs are recorded.
inline constexpr const char* note_name = "scission.json";

/// The extra file that noted_inputs() reads back.
torch::jit::ExtraFilesMap note_of_inputs(const std::string& inputs);

/// Writes a file that torch.jit.load() reads. The file replaces `path` in one step, so that `path`
/// never holds part of a module. `extra_files`, name to content, are stored in the same archive;
/// torch.jit.load(…, _extra_files=…) returns them.
/// Throws Error(io) with `path` as place.
void save_module(const torch::jit::Module& module, const std::filesystem::path& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace scission::torchscript
