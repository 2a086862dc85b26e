// A comparison for people and for programs.
#pragma once

#include <string>

#include "scission/profile/profile_comparison.hpp"

namespace scission::compare {

/// The notes, and a table a model: the whole, the sum of the blocks, and the blocks that changed;
/// with `shows_all` every block.
std::string format_comparison(const ProfileComparison& comparison, bool shows_all);

/// docs/report.md describes the fields.
std::string format_comparison_json(const ProfileComparison& comparison);

}  // namespace scission::compare
