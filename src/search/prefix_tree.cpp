#include "search/prefix_tree.hpp"

#include <numeric>

namespace scission::search_detail {
namespace {

constexpr int relaxed = 0;  // the only label state of the relaxation

// Whether two choices occupy the same system, or the same direction of a link.
bool share_resource(const Node& a, const Node& b) {
  if (a.step == Step::end || b.step == Step::end) return a.step == b.step && a.system == b.system;
  return is_hop(a) && is_hop(b) && a.system == b.system && a.choice == b.choice;
}

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

Cost Steps::cost(const Node& node, const StepCosts& costs, int codec) const {
  if (node.step == Step::source) return 0;
  if (node.step == Step::end) return cost(node, costs);
  if (node.step == Step::destination && node.system == node.choice) return 0;
  return costs.hop_with(node.system, node.choice, node.block, codec);
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

Cost Steps::min_rest(const Node& node, const CostToGo& to_go) const {
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

Cost busy_time(const SearchGraph& graph, const Node& node) {
  if (node.step == Step::end) return graph.run_time(node.system, node.block, node.choice);
  return is_hop(node) ? graph.min_hop_time(node.system, node.choice, node.block) : 0;
}

bool PlanChecks::are_needed() const {
  return graph_.constraints().may_repeat() &&
         (graph_.constraints().limits_memory || limits_period());
}

bool PlanChecks::allow(const Node& node) const {
  if (graph_.constraints().limits_memory && node.step == Step::end && !fits_memory(node))
    return false;
  return !limits_period() || keeps_period(node);
}

bool PlanChecks::fits_memory(const Node& node) const {
  double weights = 0;
  double activations = 0;
  const auto load = [&](const Node& stage) {
    if (stage.step != Step::end || stage.system != node.system) return;
    for (int block = stage.block; block < stage.choice; ++block) {
      const BlockMemory& memory = graph_.problem().memory[block];
      weights += memory.weight_bytes;
      activations = std::max(activations, memory.activation_bytes);
    }
  };
  load(node);
  for (int up = node.parent; up != no_parent; up = tree_[up].parent) load(tree_[up]);
  return weights + activations <=
         graph_.constraints().memory_bytes[node.system] * (1 + limit_slack);
}

bool PlanChecks::keeps_period(const Node& node) const {
  Cost busy = busy_time(graph_, node);
  for (int up = node.parent; up != no_parent; up = tree_[up].parent) {
    if (share_resource(tree_[up], node)) busy += busy_time(graph_, tree_[up]);
  }
  return busy <= graph_.longest();
}

std::vector<Cost> PlanChecks::used_up(int index) const {
  std::vector<Cost> used;
  if (graph_.constraints().limits_memory) add_memory(index, used);
  if (limits_period()) add_busy(index, used);
  return used;
}

// [system]: the weights, then [system]: the activations, in bytes.
void PlanChecks::add_memory(int index, std::vector<Cost>& used) const {
  const int count = graph_.system_count();
  std::vector<double> weights(count, 0.0);
  std::vector<double> activations(count, 0.0);
  for (; index != no_parent; index = tree_[index].parent) {
    const Node& stage = tree_[index];
    if (stage.step != Step::end) continue;
    for (int block = stage.block; block < stage.choice; ++block) {
      const BlockMemory& memory = graph_.problem().memory[block];
      weights[stage.system] += memory.weight_bytes;
      activations[stage.system] = std::max(activations[stage.system], memory.activation_bytes);
    }
  }
  for (double bytes : weights) used.push_back(static_cast<Cost>(bytes));
  for (double bytes : activations) used.push_back(static_cast<Cost>(bytes));
}

// [from * systems + to]: time on the link, and of each system, where both are the same.
void PlanChecks::add_busy(int index, std::vector<Cost>& used) const {
  const int count = graph_.system_count();
  const std::size_t first = used.size();
  used.resize(first + static_cast<std::size_t>(count) * count, 0);
  for (; index != no_parent; index = tree_[index].parent) {
    const Node& node = tree_[index];
    if (node.step == Step::source) continue;
    const int to = node.step == Step::end ? node.system : node.choice;
    used[first + static_cast<std::size_t>(node.system) * count + to] += busy_time(graph_, node);
  }
}

}  // namespace scission::search_detail
