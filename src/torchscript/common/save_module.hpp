// TorchScript modules to files.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>

namespace scission::torchscript {

/// Writes what torch.jit.load() reads, beside `path`, and renames it, so that `path` holds either
/// what it held before or the whole module. `extra_files`, name to content, travel in the same
/// archive; torch.jit.load(…, _extra_files=…) hands them out.
/// Throws Error(io) with `path` as place.
void save_module(const torch::jit::Module& module, const std::filesystem::path& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace scission::torchscript
