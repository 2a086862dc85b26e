// The LibTorch backend for code that does not want to see LibTorch's types.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "scission/runnable.hpp"
#include "scission/torchscript/inputs.hpp"

namespace scission::torchscript {

/// Loads a TorchScript file and splits it at its single-tensor cuts for seeded random inputs.
/// Throws as load_module() and make_runnable() do; Error(invalid_argument) on inputs that cannot
/// be made.
std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input);

/// "LibTorch" and its version, as compiled against.
std::string backend_name();
std::string backend_version();

/// Throws Error(invalid_argument | unsupported) unless `device` is cpu, or a cuda:N that is here.
void check_device(const std::string& device);

/// How many threads one operation uses, in this process. set_threads throws
/// Error(invalid_argument) below 1.
int threads();
void set_threads(int count);

}  // namespace scission::torchscript
