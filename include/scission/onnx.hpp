// ONNX Runtime as one of the backends of a program.
#pragma once

#include "scission/base.hpp"

namespace scission::onnx {

/// Adds ONNX Runtime to the backends of this process: ONNX files. In a build without ONNX Runtime
/// they are read and cut, and what has to run them throws Error(unsupported) with what to install.
/// Does nothing where it is registered. Not thread-safe, as scission::register_backend().
SCISSION_EXPORT void register_backend();

}  // namespace scission::onnx
