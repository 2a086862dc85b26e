// How a model's output differs from that without a codec.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {

struct SCISSION_EXPORT OutputEffect {
  /// Largest difference ÷ largest absolute value expected, the largest of all outputs; infinite
  /// where types or shapes differ, or one side alone is no number.
  double error = 0;
  double cosine = 1;  ///< the smallest of all outputs
};

/// O(elements).
SCISSION_EXPORT OutputEffect compare_outputs(const std::vector<Tensor>& answer,
                                             const std::vector<Tensor>& expected);

/// The index of the largest element of the first output, for each item of its batch: its first
/// dimension, where it has more than one. Empty where the output has no elements or is complex.
SCISSION_EXPORT std::vector<std::int64_t> largest_elements(const std::vector<Tensor>& outputs);

/// Number of elements in an item, for which largest_elements() gives an index.
SCISSION_EXPORT std::int64_t class_count(const std::vector<Tensor>& outputs);

}  // namespace scission
