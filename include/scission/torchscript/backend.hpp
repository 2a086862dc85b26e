// The LibTorch backend for code that does not want to see LibTorch's types.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scission/runnable.hpp"

namespace scission::torchscript {

struct InputOptions {
  std::vector<std::int64_t> shape;  ///< with the batch in front, every number ≥ 1
  std::uint64_t seed = 0;           ///< of the standard normal float32 numbers put in
};

/// Loads a TorchScript file and splits it for a seeded random input.
/// Throws as load_module() and make_runnable() do; Error(invalid_argument) on an empty shape or
/// one with a number below 1.
std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                        const InputOptions& input);

/// "LibTorch" and its version, as compiled against.
std::string backend_name();
std::string backend_version();

/// How many threads one operation uses, in this process. set_threads throws
/// Error(invalid_argument) below 1.
int threads();
void set_threads(int count);

}  // namespace scission::torchscript
