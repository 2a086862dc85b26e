#include "model/layer_order.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include <fmt/format.h>

#include "base/require.hpp"
#include "model/liveness_and_views.hpp"
#include "model/window_search.hpp"

namespace scission {
namespace {

std::vector<int> positions(const std::vector<int>& order) {
  std::vector<int> position(order.size(), -1);
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  return position;
}

[[noreturn]] void throw_invalid(const ModelGraph& graph, std::string message) {
  throw_invalid_argument(std::move(message), "model " + graph.name);
}

void validate_permutation(const ModelGraph& graph, const std::vector<int>& order) {
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int> all(graph.layers.size());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) {
    throw_invalid(graph, fmt::format("an order must have each of the {} layers once", all.size()));
  }
  if (!order.empty() && order.front() != 0)
    throw_invalid(graph, "layer 0, the input, must stay first");
}

}  // namespace

std::vector<int> compact_order(const ModelGraph& graph) {
  const OrderProblem problem = order_problem(graph);
  std::vector<int> order(graph.layers.size());
  std::iota(order.begin(), order.end(), 0);
  // Windows that were too large for an exact search fall apart into smaller ones when they may end
  // where two or three memories are alive.
  for (int max_alive : {1, 2, 3}) order = improve_windows(problem, order, max_alive);
  return order;
}

ModelGraph reordered(const ModelGraph& graph, const std::vector<int>& order) {
  validate_permutation(graph, order);
  const std::vector<int> position = positions(order);
  ModelGraph result = graph;
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.layers[i] = graph.layers[order[i]];
    for (int& earlier : result.layers[i].after) earlier = position.at(earlier);
  }
  lifetimes(result);  // throws unless the order is topological
  return result;
}

std::int64_t frontier_bytes(const ModelGraph& graph) {
  const std::vector<Lifetime> memories = memory_lifetimes(lifetimes(graph), memory_roots(graph));
  const int last_place = static_cast<int>(graph.layers.size()) - 1;
  std::int64_t sum = 0;
  for (std::size_t value = 0; value < memories.size(); ++value) {
    const Lifetime& memory = memories[value];
    const int places = std::max(0, std::min(memory.last_use, last_place) - memory.made);
    sum += memory_bytes(graph.values[value]) * places;
  }
  return sum;
}

}  // namespace scission
