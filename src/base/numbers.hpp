// Numeric constants.
#pragma once

#include <limits>

namespace scission {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace scission
