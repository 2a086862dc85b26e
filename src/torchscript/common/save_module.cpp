#include "torchscript/common/save_module.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/serialization/export.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <fstream>
#include <string>
#include <system_error>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"

namespace scission::torchscript {
namespace {

/// Checks for failed writes at the end only: LibTorch's writer, if it learns of one, throws from
/// its destructor, which terminates the program.
void write(const torch::jit::Module& module, const std::filesystem::path& path,
           const torch::jit::ExtraFilesMap& extra_files) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category());
  const auto append = [&file](const void* data, std::size_t size) {
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    return size;
  };
  torch::jit::ExportModule(module, append, extra_files);
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category());
}

}  // namespace

void save_module(const torch::jit::Module& module, const std::filesystem::path& path,
                 const torch::jit::ExtraFilesMap& extra_files) {
  std::error_code none;
  if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
    throw Error(ErrorCode::io, "exists and is not a regular file", path.string());
  }
  const std::filesystem::path partial = fmt::format("{}.{}.partial", path.string(), getpid());
  try {
    write(module, partial, extra_files);
    std::filesystem::rename(partial, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw Error(ErrorCode::io, "cannot be written: " + one_line(error), path.string());
  }
}

}  // namespace scission::torchscript
