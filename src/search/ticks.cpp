#include "search/ticks.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include "scission/error.hpp"

namespace scission::search_detail {
namespace {

constexpr int amount_bits = 102;
constexpr int mantissa_bits = 52;

// Whole doubles of any size: the compiler's own conversion to 128 bits is a slow library call.
Cost whole(double value) {
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

}  // namespace

Ticks::Ticks(double bound, const std::string& place) {
  if (!std::isfinite(bound)) {
    throw Error(ErrorCode::invalid_argument, "times or sizes are too large to add up", place);
  }
  constexpr double nothing = 1e-200;  // keeps the power of two finite; no clock tells such times
  if (bound > nothing) ticks_per_unit_ = std::ldexp(1.0, amount_bits - std::ilogb(bound) - 1);
  scale_ = ticks_per_unit_ * static_cast<double>(tick);
}

Cost Ticks::operator()(double amount) const { return whole(amount * ticks_per_unit_) * tick; }

Cost Ticks::from_scaled(double scaled) { return whole(scaled / static_cast<double>(tick)) * tick; }

Cost Ticks::limit(double amount) const {
  const double stretched = amount + std::fabs(amount) * limit_slack;
  const double most = std::ldexp(1.0, amount_bits + 1) / ticks_per_unit_;
  // A plan's stages must not count against its limit.
  return stretched < most ? (*this)(stretched) + (tick - 1) : unreachable;
}

double Ticks::amount(Cost cost) const { return static_cast<double>(cost / tick) / ticks_per_unit_; }

}  // namespace scission::search_detail
