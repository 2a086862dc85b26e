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

/// Whether the tool is built, and can do what tests ask of it: of those that take a model, with
/// the built-in ones, which need LibTorch.
inline bool has_models(const std::string& tool) {
#ifdef SCISSION_HAS_TORCHSCRIPT
  return is_built(tool);
#else
  const bool takes_model = tool == "scission-benchmark" || tool == "scission-graph" ||
                           tool == "scission-split" || tool == "scission-zoo";
  return is_built(tool) && !takes_model;
#endif
}

}  // namespace scission::testing

#define NEEDS_TOOL(name)                        \
  if (!scission::testing::is_built(name)) {     \
    SKIP_TEST("" << (name) << " is not built"); \
  }

#define NEEDS_MODELS_OF(name)                                                   \
  if (!scission::testing::has_models(name)) {                                   \
    SKIP_TEST("" << (name) << " is not built, or without the built-in models"); \
  }
