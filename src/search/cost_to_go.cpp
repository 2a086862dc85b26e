#include "search/cost_to_go.hpp"

#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"

namespace scission::search_detail {
CostToGo::CostToGo(const Space& space, const History& history, StepCosts& costs)
    : space_(space),
      history_(history),
      costs_(costs),
      begin_(at(history.count(), 0, 0), unreachable),
      leave_(at(history.count(), 0, 0), unreachable),
      next_(space.system_count()),
      next_exact_(space.system_count()),
      sums_(space.system_count()) {
  const int n = space.block_count();
  for (int state = 0; state < history.count(); ++state) {
    for (int s = 0; s < space.system_count(); ++s) {
      if (is_needed(state, s)) leave_[at(state, n, s)] = finish(state, s);
    }
  }
  std::vector<Window> windows(static_cast<std::size_t>(history.count()) * space.system_count());
  for (int block = n - 1; block >= 0; --block) {
    fill_begin(block, windows);
    if (block > 0) fill_leave(block);
  }
}

bool CostToGo::is_needed(int state, int system) const {
  return history_.may_be_on(state, system) && space_.rules().usable[system];
}

void CostToGo::fill_begin(int block, std::vector<Window>& windows) {
  for (int state = 0; state < history_.count(); ++state) {
    for (int s = 0; s < space_.system_count(); ++s) {
      if (!is_needed(state, s)) continue;
      Window& window = windows[static_cast<std::size_t>(state) * space_.system_count() + s];
      const Cost after = leave(state, block + 1, s);
      if (after < unreachable) window.add(block + 1, costs_.run(s, 0, block + 1) + after);
      const Cost* least = window.least(space_.furthest_end(block, s));
      if (least != nullptr) begin_[at(state, block, s)] = *least - costs_.run(s, 0, block);
    }
  }
}

void CostToGo::fill_leave(int end) {
  for (int state = 0; state < history_.count(); ++state) {
    collect_next(state, end);
    for (int s = 0; s < space_.system_count(); ++s) {
      const bool may_end = space_.furthest_end(end - 1, s) >= end;
      if (may_end && is_needed(state, s)) leave_[at(state, end, s)] = least_entry(end, s);
    }
  }
}

void CostToGo::collect_next(int state, int block) {
  largest_next_ = 0;
  for (int to = 0; to < space_.system_count(); ++to) {
    const int after = history_.enter(state, to);
    next_exact_[to] = after == History::none ? unreachable : begin(after, block, to);
    next_[to] = next_exact_[to] < unreachable ? to_double(next_exact_[to]) : infinity;
    if (next_[to] < infinity) largest_next_ = std::max(largest_next_, std::fabs(next_[to]));
  }
}

// A double of the sum is off by less than 10⁻¹⁵ of its parts, and by half a tick.
Cost CostToGo::least_entry(int end, int system) {
  constexpr double rounding = 1e-14;
  const Row& entries = costs_.entries(end, system);
  sums_ = entries + next_;
  const double least = sums_.minCoeff();
  if (!(least < infinity)) return unreachable;
  const double magnitude = costs_.are_positive() ? least : std::fabs(least) + 2 * largest_next_;
  const double doubtful = least + magnitude * rounding + 4.0 * static_cast<double>(Ticks::tick);
  Cost exact = unreachable;
  for (int to = 0; to < space_.system_count(); ++to) {
    if (sums_[to] > doubtful) continue;
    exact = std::min(exact, costs_.exact(entries[to]) + next_exact_[to]);
  }
  return exact;
}

const std::vector<int>& CostToGo::destinations(int state) const {
  const std::vector<int>& sources = space_.rules().sources;
  if (const std::optional<int> rank = history_.source_rank(state)) {
    return space_.destinations(sources[*rank]);
  }
  return sources.size() == 1 ? space_.destinations(sources[0]) : space_.destinations();
}

Cost CostToGo::finish(int state, int system) const {
  if (!history_.may_finish(state) || !space_.may_finish(system)) return unreachable;
  if (!space_.rules().return_to) return 0;
  Cost least = unreachable;
  for (int to : destinations(state)) least = std::min(least, costs_.send_output(system, to));
  return least;
}

Cost CostToGo::from_source(int source_rank) const {
  const int source = space_.rules().sources[source_rank];
  Cost least = unreachable;
  for (int to = 0; to < space_.system_count(); ++to) {
    const Cost rest = begin(history_.enter_first(source_rank, to), 0, to);
    const Cost own = costs_.enter_first(source, to);  // apart: the rest may be below 0
    if (rest < unreachable && own < unreachable) least = std::min(least, own + rest);
  }
  return least;
}

Cost CostToGo::least() const {
  Cost least = unreachable;
  for (int rank = 0; rank < static_cast<int>(space_.rules().sources.size()); ++rank) {
    least = std::min(least, from_source(rank));
  }
  return least;
}

}  // namespace scission::search_detail
