// The best order of a stretch.
#pragma once

#include <vector>

#include "model/order/stretch.hpp"

namespace scission::order {

/// Layers of the graph in the order found: the best one where the stretch has few downsets, a good
/// one by beam search otherwise, and the given one unless another costs less.
/// O(layers × (few downsets, or beam width) × ready layers).
std::vector<int> best_order(const Stretch& stretch);

}  // namespace scission::order
