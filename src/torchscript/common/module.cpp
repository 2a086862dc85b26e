#include "scission/torchscript/common/module.hpp"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/script.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/common/save_module.hpp"

namespace scission::torchscript {
namespace {

void require_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return;
  throw Error(ErrorCode::not_found, "there is no such model file", path.string());
}

Error unreadable(const std::exception& error, const std::filesystem::path& path) {
  return {ErrorCode::damaged,
          fmt::format("cannot be loaded as TorchScript, write it with torch.jit.save() ({})",
                      one_line(error)),
          path.string()};
}

}  // namespace

std::string backend_name() { return "LibTorch"; }

std::string backend_version() { return TORCH_VERSION; }

torch::jit::Module load_module(const std::filesystem::path& path) {
  require_file(path);
  try {
    return torch::jit::load(path.string(), torch::kCPU);
  } catch (const std::exception& error) {
    throw unreadable(error, path);
  }
}

std::optional<std::string> noted_inputs(const std::filesystem::path& path) {
  require_file(path);
  try {
    caffe2::serialize::PyTorchStreamReader archive(path.string());
    const std::string record = std::string("extra/") + note_name;
    if (!archive.hasRecord(record)) return std::nullopt;
    const auto [data, size] = archive.getRecord(record);
    const auto* text = static_cast<const char*>(data.get());
    return nlohmann::json::parse(text, text + size).at("inputs").get<std::string>();
  } catch (const std::exception& error) {
    throw unreadable(error, path);
  }
}

torch::jit::ExtraFilesMap note_of_inputs(const std::string& inputs) {
  return {{note_name, nlohmann::json{{"inputs", inputs}}.dump()}};
}

std::string model_name(const std::filesystem::path& path) { return path.stem().string(); }

}  // namespace scission::torchscript
