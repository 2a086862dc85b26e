// Beam-search heuristic; no optimality guarantee.
#pragma once

#include <vector>

#include "search/best_first.hpp"

namespace scission::search_detail {

/// Extends partial plans block by block and keeps the W cheapest by the guide on every system, W
/// ≤ 32. The plans returned satisfy every constraint and are sorted by the objective, best first;
/// there may be none. O(n·S²·W).
std::vector<Plan> beam_search(const Enumeration& enumeration);

}  // namespace scission::search_detail
