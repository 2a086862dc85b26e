#include "search/plan_checks.hpp"

#include <algorithm>

namespace scission::search_detail {
namespace {

bool is_hop(const Node& node) {
  return node.step != Step::source && node.step != Step::end && node.system != node.choice;
}

// Whether two choices occupy the same system, or the same direction of a link.
bool share_resource(const Node& a, const Node& b) {
  if (a.step == Step::end || b.step == Step::end) return a.step == b.step && a.system == b.system;
  return is_hop(a) && is_hop(b) && a.system == b.system && a.choice == b.choice;
}

}  // namespace

Cost busy_time(const SearchGraph& graph, const Node& node) {
  if (node.step == Step::end) return graph.run_time(node.system, node.block, node.choice);
  return is_hop(node) ? graph.hop_time(node.system, node.choice, graph.bytes_into(node.block)) : 0;
}

bool PlanChecks::are_needed() const {
  return graph_.constraints().may_repeat() &&
         (graph_.constraints().limits_memory || graph_.longest() < unreachable);
}

bool PlanChecks::allow(const Node& node) const {
  if (graph_.constraints().limits_memory && node.step == Step::end && !fits_memory(node))
    return false;
  return graph_.longest() >= unreachable || keeps_period(node);
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
  if (graph_.longest() < unreachable) add_busy(index, used);
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
