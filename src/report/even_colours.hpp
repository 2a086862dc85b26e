// Colours along a line, for what has an order.
#pragma once

#include <array>

namespace scission {

using Colour = std::array<int, 3>;  ///< red, green, blue, 0…255

/// 0…1, from dark to light.
Colour colour_at(double place);

/// As gnuplot's `rgb variable` wants it.
int rgb(const Colour& colour);

/// The text's, as rgb(): black on what is light, white on what is dark.
int ink_on(const Colour& colour);

}  // namespace scission
