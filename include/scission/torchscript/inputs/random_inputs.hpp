// Inputs drawn at random.
#pragma once

#include <vector>

#include "scission/base/export.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// A tensor for each of the specs, one after the other from one generator of that seed; no other
/// generator is touched. Floating-point numbers are standard normal, whole ones 0…below − 1.
/// Throws Error(invalid_argument) on a shape without a number or with one below 1, an unknown
/// type, a `below` that the type does not hold, and on more than memory can take.
SCISSION_EXPORT std::vector<at::Tensor> random_inputs(const InputOptions& options);

}  // namespace scission::torchscript
