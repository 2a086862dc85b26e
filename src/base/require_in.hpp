// Indices that come from outside.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/error.hpp"

namespace scission {

/// The index as one of the list's, whose elements are each a `what`.
/// Throws Error(invalid_argument) with `place` where there is none. O(1).
template <typename T>
std::size_t require_in(const std::vector<T>& list, int index, std::string_view what,
                       std::string_view place) {
  if (index >= 0 && static_cast<std::size_t>(index) < list.size()) {
    return static_cast<std::size_t>(index);
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("there is no {} {}, of {}", what, index, list.size()),
              std::string(place));
}

}  // namespace scission
