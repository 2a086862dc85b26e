#include "scission/torchscript/module.hpp"

#include <fmt/format.h>

#include "scission/error.hpp"
#include "torchscript/errors.hpp"

namespace scission::torchscript {

torch::jit::Module load_module(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorCode::not_found, "there is no such model file", path.string());
  }
  try {
    return torch::jit::load(path.string(), torch::kCPU);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::damaged,
                fmt::format("cannot be loaded as TorchScript, write it with torch.jit.save() ({})",
                            one_line(error)),
                path.string());
  }
}

std::string model_name(const std::filesystem::path& path) { return path.stem().string(); }

}  // namespace scission::torchscript
