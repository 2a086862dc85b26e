// Limits as a person would write them.
#pragma once

#include <string>

namespace scission {

/// What a limit counts.
enum class LimitUnit { seconds, bytes, joules, money, share, stages };

/// "0.8 s", "300 kB", "20 %", "12 J", "0.0015", "3 stages": all digits that were given.
std::string format_limit(double value, LimitUnit unit);

/// The same, rounded up to three digits, so that the limit as written holds what `value` holds.
std::string format_limit_rounded_up(double value, LimitUnit unit);

}  // namespace scission
