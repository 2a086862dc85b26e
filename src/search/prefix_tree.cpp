#include "search/prefix_tree.hpp"

#include <algorithm>

namespace scission::search_detail {

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

}  // namespace scission::search_detail
