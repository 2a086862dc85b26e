#include "report/even_colours.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace scission {
namespace {

/// Viridis by its values at nine places (van der Walt and Smith, matplotlib 2015), which rise
/// evenly in lightness: in order, and apart for the colour-blind.
constexpr std::array<std::array<int, 3>, 9> viridis = {{{68, 1, 84},
                                                        {71, 45, 123},
                                                        {59, 82, 139},
                                                        {44, 114, 142},
                                                        {33, 145, 140},
                                                        {40, 174, 128},
                                                        {94, 201, 98},
                                                        {173, 220, 48},
                                                        {253, 231, 37}}};

}  // namespace

Colour colour_at(double place) {
  const double scaled = place * (viridis.size() - 1);
  const auto low = std::min(viridis.size() - 2, static_cast<std::size_t>(scaled));
  Colour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double between = scaled - static_cast<double>(low);
    colour[i] = static_cast<int>(
        std::lround(viridis[low][i] + between * (viridis[low + 1][i] - viridis[low][i])));
  }
  return colour;
}

int rgb(const Colour& colour) { return colour[0] * 65536 + colour[1] * 256 + colour[2]; }

int ink_on(const Colour& colour) {
  return 299 * colour[0] + 587 * colour[1] + 114 * colour[2] > 140'000 ? 0 : 0xFFFFFF;
}

}  // namespace scission
