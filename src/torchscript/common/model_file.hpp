// What a file is that is given as a TorchScript model.
#pragma once

#include <filesystem>

namespace scission::torchscript {

/// Reads the file's structure and compares the checksums of what it stores. O(bytes).
/// Throws Error(damaged) when it is empty, cut off or changed, a Git LFS pointer or a web page, and
/// Error(unsupported) when it is a model or weights in another format; each message says what to
/// do.
void require_torchscript_file(const std::filesystem::path& path);

}  // namespace scission::torchscript
