#include "model/view_forest.hpp"

#include <algorithm>

namespace scission {

ViewForest::ViewForest(const ModelGraph& graph)
    : graph_(graph),
      origin_(graph.values.size()),
      first_(graph.values.size()),
      last_(graph.values.size()),
      depth_(graph.values.size()),
      jump_(graph.values.size()),
      cheapest_(graph.values.size()) {
  number_nodes();
}

void ViewForest::number_nodes() {
  const int count = static_cast<int>(graph_.values.size());
  std::vector<std::vector<int>> views(count);
  std::vector<int> stack;
  for (int value = 0; value < count; ++value) {
    const int source = graph_.values[value].view_of;
    (source < 0 ? stack : views[source]).push_back(value);
  }
  std::vector<int> order;
  while (!stack.empty()) {
    const int value = stack.back();
    stack.pop_back();
    first_[value] = last_[value] = static_cast<int>(order.size());
    order.push_back(value);
    link(value, graph_.values[value].view_of);
    stack.insert(stack.end(), views[value].begin(), views[value].end());
  }
  for (auto value = order.rbegin(); value != order.rend(); ++value) {
    const int source = graph_.values[*value].view_of;
    if (source >= 0) last_[source] = std::max(last_[source], last_[*value]);
  }
}

// Jump pointers after Myers, "An applicative random-access stack" (1983).
void ViewForest::link(int value, int parent) {
  const bool is_root = parent < 0;
  origin_[value] = is_root ? value : origin_[parent];
  depth_[value] = is_root ? 0 : depth_[parent] + 1;
  const int above = is_root ? -1 : cheapest_[parent];
  const bool better = above < 0 || bytes(value) <= bytes(above);
  cheapest_[value] = graph_.values[value].kind == ValueKind::tensor && better ? value : above;
  if (is_root) {
    jump_[value] = value;
    return;
  }
  const int next = jump_[parent];
  const bool equal_steps = depth_[parent] - depth_[next] == depth_[next] - depth_[jump_[next]];
  jump_[value] = equal_steps ? jump_[next] : parent;
}

int ViewForest::common_source(int a, int b) const {
  while (!shows(b, a)) a = shows(b, jump_[a]) ? graph_.values[a].view_of : jump_[a];
  return a;
}

// Leaves out what is a view of another, and repetitions; in depth-first order.
void ViewForest::keep_uppermost(std::vector<int>& values) const {
  std::sort(values.begin(), values.end(), [this](int a, int b) { return first_[a] < first_[b]; });
  std::size_t kept = 0;
  for (int value : values) {
    if (kept == 0 || !shows(value, values[kept - 1])) values[kept++] = value;
  }
  values.resize(kept);
}

std::vector<int> ViewForest::sent_for(std::vector<int> needed) const {
  for (int& value : needed) value = cheapest_[value];
  keep_uppermost(needed);
  if (needed.size() < 2) return needed;
  const int source = cheapest_[common_source(needed.front(), needed.back())];
  std::int64_t sum = 0;
  for (int value : needed) sum += bytes(value);
  if (source >= 0 && bytes(source) < sum) return {source};
  return needed;
}

}  // namespace scission
