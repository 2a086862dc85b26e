// Checks of arguments that come from a caller or a command line.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/base.hpp"

namespace scission {

/// Throws Error(invalid_argument, message, place).
[[noreturn]] inline void throw_invalid_argument(std::string message, std::string place = {}) {
  throw Error(ErrorCode::invalid_argument, std::move(message), std::move(place));
}

/// Throws Error(damaged, message, place): what a file holds is not valid.
[[noreturn]] inline void throw_damaged(std::string message, std::string place = {}) {
  throw Error(ErrorCode::damaged, std::move(message), std::move(place));
}

/// Throws Error(invalid_argument, demand, option) unless the option `is_valid`. `demand` is what it
/// must be: "must be 0 or more".
inline void require_option(bool is_valid, std::string_view option, std::string_view demand) {
  if (!is_valid) throw_invalid_argument(std::string(demand), std::string(option));
}

/// `index` as an index of `list`, whose elements are called `what` in errors. O(1).
/// Throws Error(invalid_argument) with `place` when it is out of range.
template <typename T>
std::size_t require_in(const std::vector<T>& list, int index, std::string_view what,
                       std::string_view place) {
  if (index >= 0 && static_cast<std::size_t>(index) < list.size()) {
    return static_cast<std::size_t>(index);
  }
  throw_invalid_argument(fmt::format("there is no {} {}, of {}", what, index, list.size()),
                         std::string(place));
}

/// The enumerator whose name is `text`; `names` lists the names in the order of the enumerators,
/// which count from 0. Throws Error(invalid_argument): "unknown WHAT 'x'; choose from: a, b, c".
template <typename Enum, std::size_t count>
Enum parse_enum(const std::array<std::string_view, count>& names, std::string_view text,
                std::string_view what) {
  for (std::size_t index = 0; index < count; ++index) {
    if (names[index] == text) return static_cast<Enum>(index);
  }
  throw_invalid_argument(
      fmt::format("unknown {} '{}'; choose from: {}", what, text, fmt::join(names, ", ")));
}

}  // namespace scission
