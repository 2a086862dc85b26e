// The words that people write for the values of an enumeration.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scission/base/error.hpp"

namespace scission {

/// The value whose name is `text`: the names are in the order of the values, which count from 0.
/// Throws Error(invalid_argument): "'x' is no WHAT; there are a, b, c".
template <typename Enum, std::size_t count>
Enum parse_enum(const std::array<std::string_view, count>& names, std::string_view text,
                std::string_view what) {
  for (std::size_t index = 0; index < count; ++index) {
    if (names[index] == text) return static_cast<Enum>(index);
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is no {}; there are {}", text, what, fmt::join(names, ", ")));
}

}  // namespace scission
