// What is put into a model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission::torchscript {

/// One tensor that forward() takes.
struct SCISSION_EXPORT InputSpec {
  std::vector<std::int64_t> shape;  ///< with the batch in front, every number ≥ 1
  std::string dtype = "float32";    ///< float16, float32, float64, uint8, int32, int64 or bool
  /// Whole numbers are drawn from 0…below − 1: a vocabulary's size, for tokens.
  std::int64_t below = 2;

  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

/// Everything that forward() takes, in its order, drawn at random: floating-point numbers from the
/// standard normal distribution.
struct SCISSION_EXPORT InputOptions {
  std::vector<InputSpec> tensors;
  std::uint64_t seed = 0;
};

/// "1,3,224,224" or "1x3x224x224", "1,128:int64<30522" for tokens, several joined by ';'.
/// Throws Error(invalid_argument) that shows the grammar.
SCISSION_EXPORT std::vector<InputSpec> parse_inputs(std::string_view text);

/// The same grammar: "1x3x224x224", "1x128:int64<30522;1x128:bool".
SCISSION_EXPORT std::string to_string(const std::vector<InputSpec>& inputs);

/// The same inputs with their first dimension multiplied: 1x3x224x224 times 4 is 4x3x224x224.
SCISSION_EXPORT std::vector<InputSpec> with_batch(std::vector<InputSpec> inputs,
                                                  std::int64_t factor);

}  // namespace scission::torchscript
