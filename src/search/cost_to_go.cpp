#include "search/cost_to_go.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/numbers.hpp"

namespace scission::search_detail {
namespace {

// The position of a walk under construction.
struct Position {
  int state = 0;
  int block = 0;
  int system = 0;
};

class Walk {
 public:
  Walk(const SearchGraph& graph, const LabelStates& states, const StepCosts& costs,
       const CostToGo& to_go)
      : graph_(graph), states_(states), costs_(costs), to_go_(to_go) {}

  Plan lay_out() {
    choose_start();
    while (true) {
      const int end = choose_end();
      plan_.stages.push_back({position_.system, position_.block, end - 1});
      position_.block = end;
      if (end == graph_.block_count()) break;
      choose_next();
    }
    choose_destination();
    return graph_.has_codecs() ? costs_.with_best_codecs(std::move(plan_)) : plan_;
  }

 private:
  void choose_start() {
    const std::vector<int>& sources = graph_.constraints().sources;
    int rank = 0;
    while (to_go_.from_source(rank) != to_go_.least()) ++rank;
    plan_.source = sources[rank];
    for (int to = 0; to < graph_.system_count(); ++to) {
      const int state = states_.enter_first(rank, to);
      const Cost rest = to_go_.begin(state, 0, to);
      if (rest >= unreachable) continue;
      if (costs_.enter_first(plan_.source, to) + rest != to_go_.least()) continue;
      position_ = {state, 0, to};
      return;
    }
  }

  int choose_end() const {
    const auto [state, block, system] = position_;
    const Cost wanted = to_go_.begin(state, block, system);
    int end = block + 1;
    while (costs_.run(system, block, end) + to_go_.leave(state, end, system) != wanted) ++end;
    return end;
  }

  void choose_next() {
    const auto [state, block, system] = position_;
    const Cost wanted = to_go_.leave(state, block, system);
    for (int to = 0; to < graph_.system_count(); ++to) {
      const int after = states_.enter(state, to);
      if (after == LabelStates::none || to_go_.begin(after, block, to) >= unreachable) continue;
      if (costs_.enter(block, system, to) + to_go_.begin(after, block, to) != wanted) continue;
      position_ = {after, block, to};
      return;
    }
  }

  void choose_destination() {
    if (!graph_.constraints().return_to) return;
    const Cost wanted = to_go_.finish(position_.state, position_.system);
    for (int to : to_go_.destinations(position_.state)) {
      if (costs_.send_output(position_.system, to) != wanted) continue;
      plan_.destination = to;
      return;
    }
  }

  const SearchGraph& graph_;
  const LabelStates& states_;
  const StepCosts& costs_;
  const CostToGo& to_go_;
  Plan plan_;
  Position position_;
};

}  // namespace

CostToGo::CostToGo(const SearchGraph& graph, const LabelStates& states, StepCosts& costs)
    : graph_(graph),
      states_(states),
      costs_(costs),
      begin_(at(states.count(), 0, 0), unreachable),
      leave_(at(states.count(), 0, 0), unreachable),
      rest_{Row(graph.system_count()), std::vector<Cost>(graph.system_count()), 0, {}},
      sums_(graph.system_count()) {
  const int n = graph.block_count();
  for (int state = 0; state < states.count(); ++state) {
    for (int s = 0; s < graph.system_count(); ++s) {
      if (is_needed(state, s)) leave_[at(state, n, s)] = finish(state, s);
    }
  }
  std::vector<Window> windows(static_cast<std::size_t>(states.count()) * graph.system_count());
  for (int block = n - 1; block >= 0; --block) {
    fill_begin(block, windows);
    if (block > 0) fill_leave(block);
  }
}

bool CostToGo::is_needed(int state, int system) const {
  return states_.may_be_on(state, system) && graph_.constraints().usable[system];
}

void CostToGo::fill_begin(int block, std::vector<Window>& windows) {
  for (int state = 0; state < states_.count(); ++state) {
    for (int s = 0; s < graph_.system_count(); ++s) {
      if (!is_needed(state, s)) continue;
      Window& window = windows[static_cast<std::size_t>(state) * graph_.system_count() + s];
      const Cost after = leave(state, block + 1, s);
      if (after < unreachable) window.add(block + 1, costs_.run(s, 0, block + 1) + after);
      const Cost* least = window.least(graph_.furthest_end(block, s));
      if (least != nullptr) begin_[at(state, block, s)] = *least - costs_.run(s, 0, block);
    }
  }
}

void CostToGo::fill_leave(int end) {
  for (int state = 0; state < states_.count(); ++state) {
    collect_next(state, end);
    for (int s = 0; s < graph_.system_count(); ++s) {
      const bool may_end = graph_.furthest_end(end - 1, s) >= end;
      if (may_end && is_needed(state, s)) leave_[at(state, end, s)] = min_entry(end, s);
    }
  }
}

void CostToGo::collect_next(int state, int block) {
  rest_.largest = 0;
  for (int to = 0; to < graph_.system_count(); ++to) {
    const int after = states_.enter(state, to);
    rest_.exact[to] = after == LabelStates::none ? unreachable : begin(after, block, to);
    rest_.next[to] = rest_.exact[to] < unreachable ? to_double(rest_.exact[to]) : infinity;
    if (rest_.next[to] < infinity) {
      rest_.largest = std::max(rest_.largest, std::fabs(rest_.next[to]));
    }
  }
  if (graph_.has_codecs()) costs_.set_floor(block, rest_);
}

Cost CostToGo::min_entry(int end, int system) {
  if (costs_.has_plain_codecs(system)) return costs_.min_entry(end, system, rest_);
  const Row& entries = costs_.entries(end, system);
  sums_ = entries + rest_.next;
  const double least = sums_.minCoeff();
  if (!(least < infinity)) return unreachable;
  const double limit = costs_.exact_check_limit(least, rest_);
  Cost exact = unreachable;
  const auto compare_exactly = [&](int first, int last) {
    for (int to = first; to < last; ++to) {
      if (sums_[to] > limit) continue;
      exact = std::min(exact, costs_.exact(end, system, to, entries[to]) + rest_.exact[to]);
    }
  };
  // Hardly any group of sums has one below the limit; the compiler vectorises its minimum.
  constexpr int group = 8;
  int to = 0;
  for (; to + group <= graph_.system_count(); to += group) {
    if (!(sums_.segment<group>(to).minCoeff() > limit)) compare_exactly(to, to + group);
  }
  compare_exactly(to, graph_.system_count());
  return exact;
}

const std::vector<int>& CostToGo::destinations(int state) const {
  const std::vector<int>& sources = graph_.constraints().sources;
  if (const std::optional<int> rank = states_.source_rank(state)) {
    return graph_.destinations(sources[*rank]);
  }
  return sources.size() == 1 ? graph_.destinations(sources[0]) : graph_.destinations();
}

Cost CostToGo::finish(int state, int system) const {
  if (!states_.may_finish(state) || !graph_.may_finish(system)) return unreachable;
  if (!graph_.constraints().return_to) return 0;
  Cost least = unreachable;
  for (int to : destinations(state)) least = std::min(least, costs_.send_output(system, to));
  return least;
}

Cost CostToGo::from_source(int source_rank) const {
  const int source = graph_.constraints().sources[source_rank];
  Cost least = unreachable;
  for (int to = 0; to < graph_.system_count(); ++to) {
    const Cost rest = begin(states_.enter_first(source_rank, to), 0, to);
    const Cost own = costs_.enter_first(source, to);  // separately: the rest may be negative
    if (rest < unreachable && own < unreachable) least = std::min(least, own + rest);
  }
  return least;
}

Cost CostToGo::least() const {
  Cost least = unreachable;
  for (int rank = 0; rank < static_cast<int>(graph_.constraints().sources.size()); ++rank) {
    least = std::min(least, from_source(rank));
  }
  return least;
}

Plan CostToGo::best_walk() const { return Walk(graph_, states_, costs_, *this).lay_out(); }

}  // namespace scission::search_detail
