// TorchScript modules from files, and the LibTorch that runs them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scission/base.hpp"

// LibTorch's own headers cost a compiler ten seconds a file: this component's headers only name its
// types; include <torch/script.h> where they are used.
namespace at {
class Tensor;
}
namespace torch::jit {
struct Module;
}

namespace scission::torchscript {

/// "LibTorch".
SCISSION_EXPORT std::string backend_name();

/// LibTorch's version at compile time, for example "1.13.0".
SCISSION_EXPORT std::string backend_version();

/// Loads a file written by torch.jit.save() onto the CPU.
/// Throws Error(not_found) when there is no such file, Error(damaged) when the file is truncated or
/// its checksums differ, and Error(unsupported) when it is another format or needs operators that
/// are not there.
SCISSION_EXPORT torch::jit::Module load_module(const std::filesystem::path& path);

/// Loads a shared library that registers operators, such as torchvision's, for this process.
/// It runs the library's code: only load what is trusted.
/// Throws Error(not_found), and Error(damaged) when it cannot be loaded into this process.
SCISSION_EXPORT void load_operators(const std::filesystem::path& library);

/// The model inputs that the file records, in parse_inputs()' grammar; nullopt when it records
/// none. Exported built-in models and written segments record theirs. Verifies the file's
/// checksums, but loads no weights. Throws Error(not_found | damaged | unsupported) as
/// load_module().
SCISSION_EXPORT std::optional<std::string> recorded_inputs_text(const std::filesystem::path& path);

}  // namespace scission::torchscript
