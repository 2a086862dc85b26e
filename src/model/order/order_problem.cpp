#include "model/order/order_problem.hpp"

#include <algorithm>

#include "model/lifetimes.hpp"

namespace scission::order {
namespace {

void keep_distinct(std::vector<int>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

class Builder {
 public:
  explicit Builder(const ModelGraph& graph)
      : graph_(graph), lives_(lifetimes(graph)), roots_(memory_roots(graph)) {
    problem_.before.resize(graph.layers.size());
    problem_.next.resize(graph.layers.size());
    problem_.reads.resize(graph.layers.size());
    problem_.makes.resize(graph.layers.size());
    problem_.users.resize(graph.values.size(), 0);
    for (const Value& value : graph.values) problem_.bytes.push_back(memory_bytes(value));
  }

  OrderProblem run() {
    for (int layer = 0; layer < problem_.layer_count(); ++layer) {
      add_links(layer);
      add_reads(layer);
    }
    add_returned();
    for (int layer = 0; layer < problem_.layer_count(); ++layer) add_makes(layer);
    return std::move(problem_);
  }

 private:
  void add_links(int layer) {
    std::vector<int>& before = problem_.before[layer];
    before = graph_.layers[layer].after;
    for (int value : graph_.layers[layer].inputs) before.push_back(lives_[value].made);
    for (int value : graph_.layers[layer].outputs) {
      const int source = graph_.values[value].view_of;
      if (source >= 0 && lives_[source].made != layer) before.push_back(lives_[source].made);
    }
    if (before.empty() && layer > 0) before.push_back(0);
    keep_distinct(before);
    for (int earlier : before) problem_.next[earlier].push_back(layer);
  }

  void add_reads(int layer) {
    std::vector<int>& reads = problem_.reads[layer];
    for (int value : graph_.layers[layer].inputs) add_memory(value, reads);
    keep_distinct(reads);
    for (int memory : reads) ++problem_.users[memory];
  }

  void add_returned() {
    std::vector<int> returned;
    for (int value : graph_.outputs) {
      if (lives_[value].made != Lifetime::never) add_memory(value, returned);
    }
    keep_distinct(returned);
    for (int memory : returned) ++problem_.users[memory];
  }

  void add_makes(int layer) {
    for (int value : graph_.layers[layer].outputs) {
      if (roots_[value] == value && problem_.users[value] > 0) {
        add_memory(value, problem_.makes[layer]);
      }
    }
  }

  void add_memory(int value, std::vector<int>& memories) const {
    const int root = roots_[value];
    if (graph_.values[root].kind != ValueKind::fixed) memories.push_back(root);
  }

  const ModelGraph& graph_;
  std::vector<Lifetime> lives_;
  std::vector<int> roots_;
  OrderProblem problem_;
};

}  // namespace

OrderProblem order_problem(const ModelGraph& graph) { return Builder(graph).run(); }

std::vector<int> alive_counts(const OrderProblem& problem, const std::vector<int>& order) {
  std::vector<int> users = problem.users;
  std::vector<int> counts;
  counts.reserve(order.size());
  int alive = 0;
  for (int layer : order) {
    alive += static_cast<int>(problem.makes[layer].size());
    for (int memory : problem.reads[layer]) alive -= --users[memory] == 0 ? 1 : 0;
    counts.push_back(alive);
  }
  return counts;
}

}  // namespace scission::order
