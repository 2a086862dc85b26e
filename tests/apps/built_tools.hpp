// The tools of this build, which CMake names.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace scission::testing {

inline std::vector<std::string> built_tools() {
  std::vector<std::string> names;
  std::istringstream list(SCISSION_TOOL_NAMES);
  for (std::string name; list >> name;) names.push_back(name);
  return names;
}

inline bool is_built(const std::string& tool) {
  const std::vector<std::string> tools = built_tools();
  return std::find(tools.begin(), tools.end(), tool) != tools.end();
}

}  // namespace scission::testing

#define NEEDS_TOOL(name)                        \
  if (!scission::testing::is_built(name)) {     \
    SKIP_TEST("" << (name) << " is not built"); \
  }
