// LibTorch's exceptions as messages of a scission::Error.
#pragma once

#include <exception>
#include <string>

#include "scission/base/export.hpp"

namespace scission::torchscript {

/// The cause of the error in one line. LibTorch's messages contain C++ backtraces and the
/// TorchScript source around the failing operation, with the cause at the end.
SCISSION_EXPORT std::string one_line(const std::exception& error);

}  // namespace scission::torchscript
