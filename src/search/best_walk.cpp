// CostToGo::best_walk(): from the front, the first choice that costs no more than is to be.
#include "search/cost_to_go.hpp"

namespace scission::search_detail {
namespace {

// Where a walk stands while it is laid out.
struct Position {
  int state = 0;
  int block = 0;
  int system = 0;
};

class Walk {
 public:
  Walk(const Space& space, const History& history, const StepCosts& costs, const CostToGo& to_go)
      : space_(space), history_(history), costs_(costs), to_go_(to_go) {}

  Plan lay_out() {
    choose_start();
    while (true) {
      const int end = choose_end();
      plan_.stages.push_back({position_.system, position_.block, end - 1});
      position_.block = end;
      if (end == space_.block_count()) break;
      choose_next();
    }
    choose_destination();
    return plan_;
  }

 private:
  void choose_start() {
    const std::vector<int>& sources = space_.rules().sources;
    int rank = 0;
    while (to_go_.from_source(rank) != to_go_.least()) ++rank;
    plan_.source = sources[rank];
    for (int to = 0; to < space_.system_count(); ++to) {
      const int state = history_.enter_first(rank, to);
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
    for (int to = 0; to < space_.system_count(); ++to) {
      const int after = history_.enter(state, to);
      if (after == History::none || to_go_.begin(after, block, to) >= unreachable) continue;
      if (costs_.enter(block, system, to) + to_go_.begin(after, block, to) != wanted) continue;
      position_ = {after, block, to};
      return;
    }
  }

  void choose_destination() {
    if (!space_.rules().return_to) return;
    const Cost wanted = to_go_.finish(position_.state, position_.system);
    for (int to : to_go_.destinations(position_.state)) {
      if (costs_.send_output(position_.system, to) != wanted) continue;
      plan_.destination = to;
      return;
    }
  }

  const Space& space_;
  const History& history_;
  const StepCosts& costs_;
  const CostToGo& to_go_;
  Plan plan_;
  Position position_;
};

}  // namespace

Plan CostToGo::best_walk() const { return Walk(space_, history_, costs_, *this).lay_out(); }

}  // namespace scission::search_detail
