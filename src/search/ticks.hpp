// Costs as whole numbers: sums are exact, and ties are real ties.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/require.hpp"

namespace scission::search_detail {

/// An amount in ticks, with the number of stages in the low bits: of equal amounts the one with
/// fewer stages is smaller. 128 bits keep a tick far below the precision of any time or limit, even
/// next to very expensive links.
__extension__ using Cost = __int128;

/// Infinite cost. The sum of two does not overflow.
inline constexpr Cost unreachable = Cost{1} << 124;

/// Relative tolerance of limits: 0.1 s and 0.2 s satisfy 0.3 s, although their nearest doubles add
/// up to more.
inline constexpr double limit_slack = 1e-12;

/// Rounds to the nearest whole number. The compiler's conversion to 128 bits is a slow library
/// call.
[[gnu::always_inline]] inline Cost whole(double value) {
  constexpr int mantissa_bits = 52;
  constexpr double fits_in_64_bits = 1LL << 53;
  if (std::fabs(value) < fits_in_64_bits) {
    return static_cast<std::int64_t>(value + std::copysign(0.5, value));
  }
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int exponent = static_cast<int>((bits >> mantissa_bits) & 0x7ff) - 1023 - mantissa_bits;
  const std::uint64_t mantissa =
      (bits & ((std::uint64_t{1} << mantissa_bits) - 1)) | (std::uint64_t{1} << mantissa_bits);
  const Cost magnitude = static_cast<Cost>(mantissa) << exponent;
  return value < 0 ? -magnitude : magnitude;
}

/// Turns amounts (seconds, bytes, joules, …) into Costs.
///
/// The tick is the power of two for which `bound` stays below 2¹⁰² ticks: any double of at
/// least 2⁻⁴⁹ of the bound is a whole number of ticks without rounding.
class Ticks {
 public:
  Ticks() = default;
  /// Every sum of amounts must lie within ±bound.
  /// Throws Error(invalid_argument, place) when the bound is not finite.
  Ticks(double bound, const std::string& place) {
    if (!std::isfinite(bound)) {
      throw_invalid_argument("times or sizes are too large to add up", place);
    }
    constexpr double nothing = 1e-200;  // keeps the power of two finite
    if (bound > nothing) ticks_per_unit_ = std::ldexp(1.0, amount_bits - std::ilogb(bound) - 1);
    scale_ = ticks_per_unit_ * static_cast<double>(tick);
  }

  /// Rounds to the nearest tick. The amount must be finite and within the bound.
  [[gnu::always_inline]] Cost operator()(double amount) const {
    return whole(amount * ticks_per_unit_) * tick;
  }

  /// A limit on a sum of ticks, with the tolerance and without overflow. Infinity is allowed.
  Cost limit(double amount) const {
    const double stretched = amount + std::fabs(amount) * limit_slack;
    const double most = std::ldexp(1.0, amount_bits + 1) / ticks_per_unit_;
    // The stage bits of a plan must not count against its limit.
    return stretched < most ? (*this)(stretched) + (tick - 1) : unreachable;
  }

  /// The amount of a cost, without its stages.
  double amount(Cost cost) const {
    const Cost whole_ticks = cost / tick;  // drops the stage bits
    return static_cast<double>(whole_ticks) / ticks_per_unit_;
  }

  /// In ticks including the stage bits, not rounded; comparable with Costs as doubles.
  double scaled(double amount) const { return amount * scale_; }
  /// Equals operator() of the unscaled amount, because the scale is a power of two.
  static Cost from_scaled(double scaled) {
    return whole(scaled / static_cast<double>(tick)) * tick;
  }

  friend bool operator==(const Ticks&, const Ticks&) = default;

  /// The cost of one more stage.
  static constexpr Cost stage = 1;
  /// Costs that differ by less than a tick differ only in their number of stages.
  static constexpr Cost tick = Cost{1} << 16;  // up to 65,535 stages

 private:
  static constexpr int amount_bits = 102;

  double ticks_per_unit_ = 1;  // a power of two
  double scale_ = 1;           // the same with the stage bits
};

/// The nearest double, or the one next to it; faster than the compiler's own conversion.
inline double to_double(Cost cost) {
  constexpr double two_to_64 = 18446744073709551616.0;
  return static_cast<double>(static_cast<std::int64_t>(cost >> 64)) * two_to_64 +
         static_cast<double>(static_cast<std::uint64_t>(cost));
}

}  // namespace scission::search_detail
