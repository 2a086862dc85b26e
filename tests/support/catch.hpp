// Catch2, whichever of its versions 2 and 3 is installed.
#pragma once

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

/// Ends a test case that cannot run here; ctest counts it as skipped. Catch2 2 has no skipping:
/// there ctest knows it by the mark in the warning (SKIP_REGULAR_EXPRESSION in
/// tests/CMakeLists.txt).
#if defined(SKIP)
#define SKIP_TEST(reason) SKIP("[skipped] " << reason)
#else
#define SKIP_TEST(reason)         \
  do {                            \
    WARN("[skipped] " << reason); \
    return;                       \
  } while (false)
#endif

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// How often the part is in the text; occurrences may overlap.
inline int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}
