#include "search/prefix_tree.hpp"

#include <numeric>

namespace scission::search_detail {
namespace {

constexpr int relaxed = 0;  // the only label state of the relaxation

}  // namespace

void PrefixTree::list_choices(int index, std::vector<int>& choices) const {
  choices.clear();
  for (; index != no_parent; index = nodes_[index].parent) choices.push_back(nodes_[index].choice);
  std::reverse(choices.begin(), choices.end());
}

std::vector<int> PrefixTree::choices(int index) const {
  std::vector<int> list;
  list_choices(index, list);
  return list;
}

Plan PrefixTree::plan_of(int index) const {
  Plan plan;
  for (; index != no_parent; index = nodes_[index].parent) {
    const Node& node = nodes_[index];
    if (node.step == Step::source) plan.source = node.choice;
    if (node.step == Step::end) plan.stages.push_back({node.system, node.block, node.choice - 1});
    if (node.step == Step::destination) plan.destination = node.choice;
  }
  std::reverse(plan.stages.begin(), plan.stages.end());
  return plan;
}

bool PrefixTree::visits(int index, int system) const {
  for (; index != no_parent; index = nodes_[index].parent) {
    const Node& node = nodes_[index];
    if (node.step == Step::end && node.system == system) return true;
  }
  return false;
}

std::vector<std::uint64_t> PrefixTree::visited(int index, int system_count) const {
  constexpr int word_bits = 64;
  std::vector<std::uint64_t> bits((system_count + word_bits - 1) / word_bits, 0);
  for (; index != no_parent; index = nodes_[index].parent) {
    const Node& node = nodes_[index];
    if (node.step != Step::end) continue;
    bits[node.system / word_bits] |= std::uint64_t{1} << (node.system % word_bits);
  }
  return bits;
}

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
      next.state = states_.enter_first(node.state, node.choice);
      break;
    case Step::next_system:
      next.step = Step::end;
      next.state = states_.enter(node.state, node.choice);
      break;
    case Step::end:
      next.step = node.choice == graph_.block_count() ? Step::destination : Step::next_system;
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
  return node.step == Step::end && node.choice == graph_.block_count() &&
         !graph_.constraints().return_to;
}

int Steps::rank_of(int source) const {
  const std::vector<int>& sources = graph_.constraints().sources;
  return static_cast<int>(std::find(sources.begin(), sources.end(), source) - sources.begin());
}

Cost Steps::least_rest(const Node& node, const CostToGo& to_go) const {
  switch (node.step) {
    case Step::source:
      return to_go.from_source(rank_of(node.choice));
    case Step::first_system:
    case Step::next_system:
      return to_go.begin(relaxed, node.block, node.choice);
    case Step::end:
      return to_go.leave(relaxed, node.choice, node.system);
    case Step::destination:
      break;
  }
  return 0;
}

// The cost to go after the node's choice. Exact, except that walks may repeat systems.
Cost Steps::rest(const Node& node, const CostToGo& to_go) const {
  switch (node.step) {
    case Step::source:
      return to_go.from_source(rank_of(node.choice));
    case Step::first_system:
      return to_go.begin(states_.enter_first(node.state, node.choice), 0, node.choice);
    case Step::next_system: {
      const int state = states_.enter(node.state, node.choice);
      return state == LabelStates::none ? unreachable : to_go.begin(state, node.block, node.choice);
    }
    case Step::end:
      return to_go.leave(node.state, node.choice, node.system);
    case Step::destination:
      break;
  }
  return 0;
}

std::vector<int> Steps::list_choices(const Node& node, const CostToGo& to_go) const {
  if (node.step == Step::source) return graph_.constraints().sources;
  if (node.step == Step::destination) return to_go.destinations(node.state);
  const bool is_end = node.step == Step::end;
  const int first = is_end ? node.block + 1 : 0;
  const int last =
      is_end ? graph_.furthest_end(node.block, node.system) : graph_.system_count() - 1;
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
    const Cost own = cost(with, costs);  // separately: the rest may be negative
    if (own < unreachable) options.push_back({own + after, choice});
  }
  return options;
}

}  // namespace scission::search_detail
