// The programs that draw pictures, and a PATH without any.
#pragma once

#include <cstdlib>
#include <string>

namespace scission::testing {

inline bool has_gnuplot() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }
inline bool has_graphviz() { return std::system("dot -V >/dev/null 2>&1") == 0; }

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
