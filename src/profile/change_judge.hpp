// Which of many differences count as changes.
#pragma once

#include <vector>

#include "scission/profile/profile_comparison.hpp"

namespace scission {

/// Sets the false discovery rates and the changes from the p-values and ratios: all models' blocks
/// are one family, their wholes and sums another.
void judge_changes(std::vector<ModelComparison>& models, const ComparisonOptions& options);

}  // namespace scission
