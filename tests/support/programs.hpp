// The programs that tests call, and a PATH without any.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/run_program.hpp"
#include "scission/base.hpp"

namespace scission::testing {

inline bool has_gnuplot() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }
inline bool has_graphviz() { return std::system("dot -V >/dev/null 2>&1") == 0; }

/// Whether the program is there and ends with exit code 0 in the folder.
inline bool succeeds(const std::string& program, const std::vector<std::string>& arguments,
                     const std::filesystem::path& folder) {
  try {
    return run_program({program, arguments, folder, ""}).succeeded;
  } catch (const Error&) {
    return false;
  }
}

/// While it lives, no program is found on the PATH.
class WithoutPath {
 public:
  WithoutPath() { setenv("PATH", "/nowhere", 1); }
  ~WithoutPath() { setenv("PATH", before_.c_str(), 1); }
  WithoutPath(const WithoutPath&) = delete;
  WithoutPath& operator=(const WithoutPath&) = delete;

 private:
  std::string before_ = std::getenv("PATH");
};

}  // namespace scission::testing
