// Good plans in a hurry, without proof.
#pragma once

#include <vector>

#include "search/best_first.hpp"

namespace scission::search_detail {

/// A forward beam over the blocks: on every system the few cheapest beginnings by the guide that
/// visit no system twice where they must not. What it returns keeps every constraint; best first by
/// the objective. May be empty. O(n·S²·W) for a beam of W, W ≤ 32.
std::vector<Plan> beam_search(const Enumeration& enumeration);

}  // namespace scission::search_detail
