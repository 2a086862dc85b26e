// The LibTorch backend for code that does not want to see LibTorch's types.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "scission/backend/runnable.hpp"
#include "scission/base/export.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// Loads a TorchScript file and splits it at its single-tensor cuts for seeded random inputs.
/// Throws as load_module() and make_runnable() do; Error(invalid_argument) on inputs that cannot
/// be made.
SCISSION_EXPORT std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                                        const InputOptions& input);

/// "LibTorch" and its version, as compiled against.
SCISSION_EXPORT std::string backend_name();
SCISSION_EXPORT std::string backend_version();

/// Throws Error(invalid_argument | unsupported) unless `device` is cpu, or a cuda:N that is here.
SCISSION_EXPORT void check_device(const std::string& device);

/// Tells this process's allocator to keep what is freed, up to 32 MiB apiece, for as long as the
/// process lives. Otherwise glibc gives activations back to the kernel again and again, and gets
/// them anew page by page, zeroed: slower, and differently so for a whole model and its blocks
/// (docs/measuring.md). For processes that run a model many times. Without glibc it does nothing.
SCISSION_EXPORT void keep_freed_memory();

/// Why so many threads of one operation will get in the way of others, in one sentence that says
/// what to do; empty when nothing of the kind is known. An OpenBLAS with threads of its own beside
/// LibTorch's OpenMP is such a reason.
SCISSION_EXPORT std::string threading_warning(int threads);

/// How many threads one operation uses, in this process. set_threads throws
/// Error(invalid_argument) below 1.
SCISSION_EXPORT int threads();
SCISSION_EXPORT void set_threads(int count);

}  // namespace scission::torchscript
