// The least cost from any point of a walk to its end, by dynamic programming from the back.
#pragma once

#include <vector>

#include "search/space.hpp"

namespace scission::search_detail {

/// Bellman's equations over the space, from the last block to the first:
///
///     leave(n, s) = 0 where the plan may finish on s
///     leave(e, s) = min over t of  enter(e, s, t) + begin(e, t)
///     begin(b, s) = min over e of  run(s, b, e) + leave(e, s)      b < e ≤ furthest_end(b, s)
///
/// As furthest_end never falls with b, the second minimum slides (a monotone deque), so all of
/// it takes O(n·S²) time and O(n·S) memory.
class CostToGo {
 public:
  explicit CostToGo(const Space& space);

  /// s has just received what crosses into `block` and has run nothing yet.
  Cost begin(int block, int system) const { return begin_[at(block, system)]; }
  /// s has run its stage, which ended before block `end`.
  Cost leave(int end, int system) const { return leave_[at(end, system)]; }

 private:
  std::size_t at(int block, int system) const {
    return static_cast<std::size_t>(block) * system_count_ + system;
  }

  int system_count_;
  std::vector<Cost> begin_;  // [block, system]
  std::vector<Cost> leave_;  // [end, system]
};

}  // namespace scission::search_detail
