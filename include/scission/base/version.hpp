// The version of the library. This is the only place where the number is written: CMake reads it
// from here.
#pragma once

#include "scission/base/export.hpp"

#define SCISSION_VERSION_MAJOR 0
#define SCISSION_VERSION_MINOR 2
#define SCISSION_VERSION_PATCH 0
/// For comparisons by the preprocessor: 10000 · major + 100 · minor + patch.
#define SCISSION_VERSION \
  (SCISSION_VERSION_MAJOR * 10000 + SCISSION_VERSION_MINOR * 100 + SCISSION_VERSION_PATCH)

namespace scission {

/// Version of the library that runs, such as "0.2.0"; the macros are those of the headers.
SCISSION_EXPORT const char* version() noexcept;

}  // namespace scission
