#include "search/steps.hpp"

#include <algorithm>
#include <numeric>

namespace scission::search_detail {
namespace {

constexpr int forgetful = 0;  // the only state of that history

}  // namespace

Cost Steps::cost(const Node& node, const StepCosts& costs) const {
  switch (node.step) {
    case Step::first_system:
      return costs.enter_first(node.system, node.choice);
    case Step::end:
      return costs.run(node.system, node.block, node.choice);
    case Step::next_system:
      return costs.enter(node.block, node.system, node.choice);
    case Step::destination:
      return costs.send_output(node.system, node.choice);
    case Step::source:
      break;
  }
  return 0;
}

Node Steps::after(const Node& node) const {
  Node next;
  next.state = node.state;
  next.block = node.block;
  next.system = node.choice;
  switch (node.step) {
    case Step::source:
      next.step = Step::first_system;
      next.state = rank_of(node.choice);
      break;
    case Step::first_system:
      next.step = Step::end;
      next.state = history_.enter_first(node.state, node.choice);
      break;
    case Step::next_system:
      next.step = Step::end;
      next.state = history_.enter(node.state, node.choice);
      break;
    case Step::end:
      next.step = node.choice == space_.block_count() ? Step::destination : Step::next_system;
      next.block = node.choice;
      next.system = node.system;
      break;
    case Step::destination:
      break;
  }
  return next;
}

bool Steps::completes(const Node& node) const {
  if (node.step == Step::destination) return true;
  return node.step == Step::end && node.choice == space_.block_count() && !space_.rules().return_to;
}

int Steps::rank_of(int source) const {
  const std::vector<int>& sources = space_.rules().sources;
  return static_cast<int>(std::find(sources.begin(), sources.end(), source) - sources.begin());
}

Cost Steps::least_rest(const Node& node, const CostToGo& to_go) const {
  switch (node.step) {
    case Step::source:
      return to_go.from_source(rank_of(node.choice));
    case Step::first_system:
    case Step::next_system:
      return to_go.begin(forgetful, node.block, node.choice);
    case Step::end:
      return to_go.leave(forgetful, node.choice, node.system);
    case Step::destination:
      break;
  }
  return 0;
}

// By the guide, after the node's choice: exact but for systems visited twice.
Cost Steps::rest(const Node& node, const CostToGo& to_go) const {
  switch (node.step) {
    case Step::source:
      return to_go.from_source(rank_of(node.choice));
    case Step::first_system:
      return to_go.begin(history_.enter_first(node.state, node.choice), 0, node.choice);
    case Step::next_system: {
      const int state = history_.enter(node.state, node.choice);
      return state == History::none ? unreachable : to_go.begin(state, node.block, node.choice);
    }
    case Step::end:
      return to_go.leave(node.state, node.choice, node.system);
    case Step::destination:
      break;
  }
  return 0;
}

std::vector<int> Steps::list_choices(const Node& node, const CostToGo& to_go) const {
  if (node.step == Step::source) return space_.rules().sources;
  if (node.step == Step::destination) return to_go.destinations(node.state);
  const bool is_end = node.step == Step::end;
  const int first = is_end ? node.block + 1 : 0;
  const int last =
      is_end ? space_.furthest_end(node.block, node.system) : space_.system_count() - 1;
  std::vector<int> choices(std::max(0, last - first + 1));
  std::iota(choices.begin(), choices.end(), first);
  return choices;
}

std::vector<Option> Steps::list_options(const Node& node, const StepCosts& costs,
                                        const CostToGo& to_go) const {
  std::vector<Option> options;
  Node with = node;
  for (int choice : list_choices(node, to_go)) {
    with.choice = choice;
    const Cost after = rest(with, to_go);
    if (after >= unreachable) continue;
    const Cost own = cost(with, costs);  // apart: what follows may be below 0
    if (own < unreachable) options.push_back({own + after, choice});
  }
  return options;
}

}  // namespace scission::search_detail
