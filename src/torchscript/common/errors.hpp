// LibTorch's exceptions on their way to a scission::Error.
#pragma once

#include <exception>
#include <string>

// For our own tools, which share this with the library.
#pragma GCC visibility push(default)
namespace scission::torchscript {

/// What went wrong, on one line: LibTorch's messages carry C++ backtraces and the TorchScript
/// source around the failing operation, with the cause at the end of it.
std::string one_line(const std::exception& error);

}  // namespace scission::torchscript
#pragma GCC visibility pop
