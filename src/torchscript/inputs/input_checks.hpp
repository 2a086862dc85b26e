// What holds for every input, however it was stated.
#pragma once

#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// Throws Error(invalid_argument) on a shape without a number, with one below 1, or of more
/// elements than can be counted, on an unknown type, and on a `below` that the type does not hold.
void check(const InputSpec& input);

/// Error(invalid_argument) on no inputs at all, and of each of them as check() says.
void check(const std::vector<InputSpec>& inputs);

}  // namespace scission::torchscript
