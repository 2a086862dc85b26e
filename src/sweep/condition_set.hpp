// Sets of conditions by their numbers. All of one search have one size.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace scission {

using ConditionSet = std::vector<std::uint64_t>;  ///< 64 a word

inline ConditionSet set_of_size(std::size_t size) { return ConditionSet((size + 63) / 64, 0); }

inline bool holds(const ConditionSet& set, std::size_t element) {
  return ((set[element / 64] >> (element % 64)) & 1U) != 0;
}

inline void insert(std::size_t element, ConditionSet& set) {
  set[element / 64] |= std::uint64_t{1} << element % 64;
}

inline std::size_t size_of(const ConditionSet& set) {
  std::size_t size = 0;
  for (const std::uint64_t word : set) size += static_cast<std::size_t>(std::popcount(word));
  return size;
}

inline ConditionSet without(const ConditionSet& set, const ConditionSet& gone) {
  ConditionSet left = set;
  for (std::size_t i = 0; i < left.size(); ++i) left[i] &= ~gone[i];
  return left;
}

inline std::size_t common_size(const ConditionSet& a, const ConditionSet& b) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    size += static_cast<std::size_t>(std::popcount(a[i] & b[i]));
  }
  return size;
}

}  // namespace scission
