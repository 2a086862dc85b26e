// LibTorch's exceptions on their way to a scission::Error.
#pragma once

#include <exception>
#include <string>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission::torchscript {

/// What went wrong, on one line: LibTorch's messages carry C++ backtraces and the TorchScript
/// source around the failing operation, with the cause at the end of it.
SCISSION_EXPORT std::string one_line(const std::exception& error);

}  // namespace scission::torchscript
