#include "support/random_graph.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "model/layer_order.hpp"
#include "support/random_numbers.hpp"

namespace scission::testing {
namespace {

int add_value(ModelGraph& graph, std::int64_t bytes) {
  const int index = static_cast<int>(graph.values.size());
  Value value;
  value.name = "v" + std::to_string(index);
  value.dtype = "uint8";
  value.shape = {1, bytes};
  value.bytes = bytes;
  graph.values.push_back(value);
  return index;
}

Layer& add_layer(ModelGraph& graph, std::vector<int> inputs) {
  Layer layer;
  layer.name = "layer" + std::to_string(graph.layers.size());
  layer.type = "T";
  layer.inputs = std::move(inputs);
  graph.layers.push_back(std::move(layer));
  return graph.layers.back();
}

std::vector<int> some_inputs(std::mt19937& random, const ModelGraph& graph, int reach) {
  const int count = static_cast<int>(graph.values.size());
  std::vector<int> inputs;
  for (int left = uniform(random, 1, 3); left > 0; --left) {
    const int oldest = chance(random, 0.1) ? 0 : std::max(0, count - reach);
    inputs.push_back(uniform(random, oldest, count - 1));
  }
  return inputs;
}

void make_special(std::mt19937& random, const GraphShape& shape, const std::vector<int>& inputs,
                  ModelGraph& graph, Value& value) {
  if (chance(random, shape.fixed)) {
    value.kind = ValueKind::fixed;
  } else if (chance(random, shape.opaque)) {
    value.kind = ValueKind::opaque;
    value.bytes = 0;
    value.opaque_reason = "a number computed from data";
  } else if (chance(random, shape.view)) {
    const int source = inputs[uniform(random, 0, static_cast<int>(inputs.size()) - 1)];
    if (graph.values[source].kind == ValueKind::tensor) value.view_of = source;
  }
}

void add_random_layer(std::mt19937& random, const GraphShape& shape, ModelGraph& graph) {
  const int index = static_cast<int>(graph.layers.size());
  const std::vector<int> inputs = some_inputs(random, graph, shape.reach);
  Layer& layer = add_layer(graph, inputs);
  layer.working_bytes = uniform(random, 0, 8);
  if (index > 1 && chance(random, shape.after)) layer.after = {uniform(random, 0, index - 1)};
  for (int left = chance(random, shape.second) ? 2 : 1; left > 0; --left) {
    const int value = add_value(graph, uniform(random, 1, 8));
    make_special(random, shape, inputs, graph, graph.values[value]);
    graph.layers[index].outputs.push_back(value);
  }
}

void add_outputs(std::mt19937& random, const GraphShape& shape, ModelGraph& graph) {
  std::set<int> read;
  for (const Layer& layer : graph.layers) read.insert(layer.inputs.begin(), layer.inputs.end());
  const int last = static_cast<int>(graph.values.size()) - 1;
  for (int value = 0; value <= last; ++value) {
    const bool is_needed = shape.all_used && !read.contains(value);
    if (value == last || is_needed || chance(random, shape.returned)) {
      graph.outputs.push_back(value);
    }
  }
}

// One layer of one output.
int step(ModelGraph& graph, std::vector<int> inputs, std::int64_t bytes) {
  const int value = add_value(graph, bytes);
  add_layer(graph, std::move(inputs)).outputs = {value};
  return value;
}

int branch(std::mt19937& random, ModelGraph& graph, int from, std::int64_t bytes) {
  int value = from;
  for (int left = uniform(random, 1, 5); left > 0; --left) value = step(graph, {value}, bytes);
  return value;
}

std::vector<std::vector<int>> before(const ModelGraph& graph) {
  std::vector<int> maker(graph.values.size(), 0);
  std::vector<std::vector<int>> before(graph.layers.size());
  for (int layer = 0; layer < static_cast<int>(graph.layers.size()); ++layer) {
    before[layer] = graph.layers[layer].after;
    if (layer > 0) before[layer].push_back(0);
    for (int value : graph.layers[layer].inputs) before[layer].push_back(maker[value]);
    for (int value : graph.layers[layer].outputs) maker[value] = layer;
  }
  return before;
}

std::vector<int> ready_layers(const std::vector<std::vector<int>>& before,
                              const std::vector<int>& order) {
  std::vector<bool> has_run(before.size(), false);
  for (int layer : order) has_run[layer] = true;
  std::vector<int> ready;
  for (int layer = 0; layer < static_cast<int>(before.size()); ++layer) {
    const bool is_free = std::all_of(before[layer].begin(), before[layer].end(),
                                     [&](int earlier) { return has_run[earlier]; });
    if (is_free && !has_run[layer]) ready.push_back(layer);
  }
  return ready;
}

void extend(const std::vector<std::vector<int>>& before, std::vector<int>& order,
            std::vector<std::vector<int>>& all) {
  if (order.size() == before.size()) all.push_back(order);
  for (int layer : ready_layers(before, order)) {
    order.push_back(layer);
    extend(before, order, all);
    order.pop_back();
  }
}

}  // namespace

ModelGraph random_graph(std::mt19937& random, const GraphShape& shape) {
  ModelGraph graph;
  graph.name = "random";
  add_layer(graph, {}).outputs = {add_value(graph, uniform(random, 1, 8))};
  while (static_cast<int>(graph.layers.size()) < shape.layers) {
    add_random_layer(random, shape, graph);
  }
  add_outputs(random, shape, graph);
  return graph;
}

ModelGraph cell_graph(std::mt19937& random, int cells) {
  ModelGraph graph;
  graph.name = "cells";
  int previous = add_value(graph, 60);
  add_layer(graph, {}).outputs = {previous};
  int current = step(graph, {previous}, 60);
  for (int cell = 0; cell < cells; ++cell) {
    std::vector<int> sums;
    for (int pair = 0; pair < 5; ++pair) {
      const int left = branch(random, graph, current, 12);
      const int right = branch(random, graph, previous, 12);
      sums.push_back(step(graph, {left, right}, 12));
    }
    previous = current;
    current = step(graph, sums, 60);
  }
  graph.outputs = {current};
  return reordered(graph, random_order(random, graph));
}

std::vector<int> random_order(std::mt19937& random, const ModelGraph& graph) {
  const std::vector<std::vector<int>> links = before(graph);
  std::vector<int> order;
  while (order.size() < links.size()) {
    const std::vector<int> ready = ready_layers(links, order);
    order.push_back(ready[uniform(random, 0, static_cast<int>(ready.size()) - 1)]);
  }
  return order;
}

std::vector<std::vector<int>> every_order(const ModelGraph& graph) {
  std::vector<std::vector<int>> all;
  std::vector<int> order;
  extend(before(graph), order, all);
  return all;
}

}  // namespace scission::testing
