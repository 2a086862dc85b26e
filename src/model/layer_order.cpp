#include "model/layer_order.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include <fmt/format.h>

#include "model/lifetimes.hpp"
#include "model/order/order_problem.hpp"
#include "model/order/stretch_search.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

std::vector<int> positions(const std::vector<int>& order) {
  std::vector<int> position(order.size(), -1);
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  return position;
}

// Orders what lies between places where at most `most_alive` memories are alive.
std::vector<int> improved(const order::OrderProblem& problem, const std::vector<int>& order,
                          int most_alive) {
  const std::vector<int> alive = order::alive_counts(problem, order);
  const std::vector<int> position = positions(order);
  std::vector<int> users_left = problem.users;
  std::vector<int> result;
  result.reserve(order.size());
  const int count = static_cast<int>(order.size());
  for (int first = 0, place = 0; place < count; ++place) {
    if (alive[place] > most_alive && place + 1 < count) continue;
    std::vector<int> layers(order.begin() + first, order.begin() + place + 1);
    const order::Stretch stretch(problem, std::move(layers), position, first, users_left);
    for (int layer : order::best_order(stretch)) {
      for (int memory : problem.reads[layer]) --users_left[memory];
      result.push_back(layer);
    }
    first = place + 1;
  }
  return result;
}

[[noreturn]] void refuse(const ModelGraph& graph, std::string message) {
  throw Error(ErrorCode::invalid_argument, std::move(message), "model " + graph.name);
}

void check_permutation(const ModelGraph& graph, const std::vector<int>& order) {
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int> all(graph.layers.size());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) {
    refuse(graph, fmt::format("an order has each of the {} layers once", all.size()));
  }
  if (!order.empty() && order.front() != 0) refuse(graph, "layer 0, the input, stays first");
}

}  // namespace

std::vector<int> compact_order(const ModelGraph& graph) {
  const order::OrderProblem problem = order::order_problem(graph);
  std::vector<int> order(graph.layers.size());
  std::iota(order.begin(), order.end(), 0);
  // What the first pass had to leave to beam search falls apart into smaller stretches where little
  // is alive, which are ordered once more.
  for (int most_alive : {1, 2, 3}) order = improved(problem, order, most_alive);
  return order;
}

ModelGraph reordered(const ModelGraph& graph, const std::vector<int>& order) {
  check_permutation(graph, order);
  const std::vector<int> position = positions(order);
  ModelGraph result = graph;
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.layers[i] = graph.layers[order[i]];
    for (int& earlier : result.layers[i].after) earlier = position.at(earlier);
  }
  lifetimes(result);  // throws unless it is topological
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
