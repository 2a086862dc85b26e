#include "search/cost_to_go.hpp"

#include <algorithm>
#include <deque>

namespace scission::search_detail {
namespace {

// The least run(system, 0, end) + leave(end, system) over a window of ends that only ever moves
// towards smaller ends.
class SlidingMinimum {
 public:
  void add_front(int end, Cost cost) {
    while (!candidates_.empty() && candidates_.front().cost >= cost) candidates_.pop_front();
    candidates_.push_front({end, cost});
  }

  // unreachable when no end up to `furthest` is in the window.
  Cost least(int furthest) {
    while (!candidates_.empty() && candidates_.back().end > furthest) candidates_.pop_back();
    return candidates_.empty() ? unreachable : candidates_.back().cost;
  }

 private:
  struct Candidate {
    int end;
    Cost cost;
  };
  std::deque<Candidate> candidates_;  // ends ascend, costs descend
};

}  // namespace

CostToGo::CostToGo(const Space& space)
    : system_count_(space.system_count()),
      begin_(at(space.block_count() + 1, 0), unreachable),
      leave_(at(space.block_count() + 1, 0), unreachable) {
  const int n = space.block_count();
  std::vector<SlidingMinimum> window(system_count_);
  for (int s = 0; s < system_count_; ++s) {
    if (space.may_finish(s)) leave_[at(n, s)] = 0;
  }
  for (int block = n - 1; block >= 0; --block) {
    for (int s = 0; s < system_count_; ++s) {
      const Cost after = leave(block + 1, s);
      if (after < unreachable) window[s].add_front(block + 1, space.run(s, 0, block + 1) + after);
      const Cost least = window[s].least(space.furthest_end(block, s));
      if (least < unreachable) begin_[at(block, s)] = least - space.run(s, 0, block);
    }
    for (int s = 0; s < system_count_; ++s) {
      for (int t = 0; t < system_count_; ++t) {
        const Cost rest = begin(block, t);
        if (rest >= unreachable) continue;
        leave_[at(block, s)] = std::min(leave_[at(block, s)], space.enter(block, s, t) + rest);
      }
    }
  }
}

}  // namespace scission::search_detail
