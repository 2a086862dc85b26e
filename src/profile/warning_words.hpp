// Words of ModelProfile::warnings by which their kind is known again.
#pragma once

namespace scission::warning_words {

// Beginnings of the warnings about estimates, which are recomputed when passes are joined.
inline constexpr const char* imprecision = "the precision of";
inline constexpr const char* difference = "the blocks add up to";
inline constexpr const char* unlike = "the passes differ by";

// Parts of the others.
inline constexpr const char* drift = "from the first third to the last";
inline constexpr const char* disturbance = "took far longer than the others";
inline constexpr const char* shortness = "too short for a clock";

}  // namespace scission::warning_words
