// The built-in models as ONNX files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace scission::onnx {

/// See Backend::export_built_in(). The file is for any batch, of an operator set and a format that
/// libonnx reads from 1.8 on. Nodes are named after the layers: "/conv1/Conv".
/// Throws Error(invalid_argument) for an unknown model, Error(io).
void export_built_in_model(const std::string& name, const std::filesystem::path& path,
                           std::uint64_t seed);

}  // namespace scission::onnx
