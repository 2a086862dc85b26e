// The published data that some tests compare with. It is not part of the project.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace scission::testing {

/// The folder, from the environment or as configured; it need not exist.
inline std::filesystem::path upstream_dir() {
  const char* from_environment = std::getenv("SCISSION_UPSTREAM_DIR");
  return from_environment ? from_environment : SCISSION_UPSTREAM_DIR;
}

}  // namespace scission::testing

/// Skips a test where a file of the published data is missing.
#define SCISSION_NEEDS_UPSTREAM(file)                                                   \
  do {                                                                                  \
    if (!std::filesystem::exists(scission::testing::upstream_dir() / (file))) {         \
      SKIP_TEST("" << (scission::testing::upstream_dir() / (file)) << " is not there"); \
    }                                                                                   \
  } while (false)
