#include "search/ticks.hpp"

#include <cmath>

#include "scission/base/error.hpp"

namespace scission::search_detail {
namespace {

constexpr int amount_bits = 102;

}  // namespace

Ticks::Ticks(double bound, const std::string& place) {
  if (!std::isfinite(bound)) {
    throw Error(ErrorCode::invalid_argument, "times or sizes are too large to add up", place);
  }
  constexpr double nothing = 1e-200;  // keeps the power of two finite
  if (bound > nothing) ticks_per_unit_ = std::ldexp(1.0, amount_bits - std::ilogb(bound) - 1);
  scale_ = ticks_per_unit_ * static_cast<double>(tick);
}

Cost Ticks::limit(double amount) const {
  const double stretched = amount + std::fabs(amount) * limit_slack;
  const double most = std::ldexp(1.0, amount_bits + 1) / ticks_per_unit_;
  // The stage bits of a plan must not count against its limit.
  return stretched < most ? (*this)(stretched) + (tick - 1) : unreachable;
}

double Ticks::amount(Cost cost) const {
  const Cost whole_ticks = cost / tick;  // drops the stage bits
  return static_cast<double>(whole_ticks) / ticks_per_unit_;
}

}  // namespace scission::search_detail
