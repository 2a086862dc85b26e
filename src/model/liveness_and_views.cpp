// Which values are live at a cut, and which tensors have to cross it so that the receiver can
// recompute their views.
#include "model/liveness_and_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/require.hpp"

namespace scission {
namespace {

class LifetimeAnalysis {
 public:
  explicit LifetimeAnalysis(const ModelGraph& graph) : graph_(graph), lives_(graph.values.size()) {}

  std::vector<Lifetime> run() {
    const int layer_count = static_cast<int>(graph_.layers.size());
    for (layer_ = 0; layer_ < layer_count; ++layer_) {
      for (int value : layer().inputs) read(value);
      for (int earlier : layer().after) validate_after(earlier);
      for (int value : layer().outputs) make(value);
      for (int value : layer().outputs) validate_view(value);
    }
    for (int value : graph_.outputs) {
      if (lives_.at(value).made != Lifetime::never) lives_[value].last_use = layer_count;
    }
    return std::move(lives_);
  }

 private:
  const Layer& layer() const { return graph_.layers[layer_]; }
  const std::string& name(int value) const { return graph_.values[value].name; }

  void read(int value) {
    if (lives_.at(value).made == Lifetime::never) {
      throw_invalid(fmt::format("reads '{}' before a layer produces it", name(value)));
    }
    lives_[value].last_use = layer_;
  }

  void make(int value) {
    if (lives_.at(value).made != Lifetime::never) {
      throw_invalid(fmt::format("produces '{}', which layer {} already produces", name(value),
                                lives_[value].made));
    }
    lives_[value] = {layer_, layer_};
  }

  void validate_view(int value) const {
    const int source = graph_.values[value].view_of;
    if (source < 0) return;
    if (lives_.at(source).made != Lifetime::never && !is_in_circle(value)) return;
    throw_invalid(fmt::format("produces '{}', a view of '{}', before a layer produces that",
                              name(value), name(source)));
  }

  // A cycle of views can only be among the outputs of one layer.
  bool is_in_circle(int value) const {
    std::size_t steps = 0;
    int source = value;
    do {
      source = graph_.values[source].view_of;
    } while (source >= 0 && lives_.at(source).made == layer_ && ++steps <= layer().outputs.size());
    return steps > layer().outputs.size();
  }

  void validate_after(int earlier) const {
    if (earlier >= 0 && earlier < layer_) return;
    throw_invalid(fmt::format("comes before layer {}, but must run after it", earlier));
  }

  [[noreturn]] void throw_invalid(std::string message) const {
    throw_invalid_argument(std::move(message), fmt::format("model {}, layer {} ({})", graph_.name,
                                                           layer_, layer().name));
  }

  const ModelGraph& graph_;
  std::vector<Lifetime> lives_;
  int layer_ = 0;
};

}  // namespace

std::vector<Lifetime> lifetimes(const ModelGraph& graph) { return LifetimeAnalysis(graph).run(); }

std::vector<int> memory_roots(const ModelGraph& graph) {
  std::vector<int> roots(graph.values.size(), -1);
  std::vector<int> chain;
  for (int value = 0; value < static_cast<int>(roots.size()); ++value) {
    int end = value;
    while (roots[end] < 0 && graph.values[end].view_of >= 0) {
      chain.push_back(end);
      end = graph.values[end].view_of;
    }
    roots[end] = roots[end] < 0 ? end : roots[end];
    for (int view : chain) roots[view] = roots[end];
    chain.clear();
  }
  return roots;
}

std::vector<Lifetime> memory_lifetimes(const std::vector<Lifetime>& lives,
                                       const std::vector<int>& roots) {
  std::vector<Lifetime> memories(lives.size());
  for (std::size_t value = 0; value < lives.size(); ++value) {
    if (lives[value].made == Lifetime::never) continue;
    Lifetime& memory = memories[roots[value]];
    memory.made = lives[roots[value]].made;
    memory.last_use = std::max(memory.last_use, lives[value].last_use);
  }
  return memories;
}

std::int64_t memory_bytes(const Value& value) {
  return value.kind == ValueKind::fixed ? 0 : value.bytes;
}

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

// Jump pointers after Myers, "An applicative random-access stack" (1983). Parents are linked before
// their views. Invariant: jump_ leads to a proper ancestor (of a root: to itself), over 1 step or,
// if the last two jumps from the parent are equally long, over both and 1. So any ancestor is O(log
// depth) jumps and steps to the parent away.
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

// The nearest ancestor of `a`, or `a`, of which `b` is a view; both have one origin. Invariant:
// every common source is `a` or an ancestor of it. A jump that lands on a common source may have
// passed the nearest one, so there the walk takes the single step instead.
int ViewForest::common_source(int a, int b) const {
  while (!is_view_of(b, a)) a = is_view_of(b, jump_[a]) ? graph_.values[a].view_of : jump_[a];
  return a;
}

// Removes duplicates and views of other values; sorts in depth-first order.
void ViewForest::drop_views_of_others(std::vector<int>& values) const {
  std::sort(values.begin(), values.end(), [this](int a, int b) { return first_[a] < first_[b]; });
  std::size_t kept = 0;
  for (int value : values) {
    if (kept == 0 || !is_view_of(value, values[kept - 1])) values[kept++] = value;
  }
  values.resize(kept);
}

std::vector<int> ViewForest::tensors_to_send(std::vector<int> needed) const {
  for (int& value : needed) value = cheapest_[value];
  drop_views_of_others(needed);
  if (needed.size() < 2) return needed;
  const int source = cheapest_[common_source(needed.front(), needed.back())];
  std::int64_t sum = 0;
  for (int value : needed) sum += bytes(value);
  if (source >= 0 && bytes(source) < sum) return {source};
  return needed;
}

Frontier::Frontier(const ModelGraph& graph)
    : graph_(graph),
      lives_(lifetimes(graph)),
      views_(graph),
      reads_(graph.layers.size()),
      dying_(graph.layers.size()),
      readers_left_(graph.values.size(), 0),
      alive_of_(graph.values.size()),
      sent_of_(graph.values.size()) {
  count_readers();
}

void Frontier::count_readers() {
  for (std::size_t layer = 0; layer < reads_.size(); ++layer) {
    std::vector<int>& reads = reads_[layer];
    reads = graph_.layers[layer].inputs;
    std::sort(reads.begin(), reads.end());
    reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
    for (int value : reads) {
      ++readers_left_[value];
      if (lives_[value].last_use == static_cast<int>(layer)) dying_[layer].push_back(value);
    }
  }
  for (int value : std::set<int>(graph_.outputs.begin(), graph_.outputs.end())) {
    ++readers_left_[value];
  }
}

void Frontier::advance() {
  const int layer = next_layer_++;
  for (int value : reads_[layer]) --readers_left_[value];
  for (int value : dying_[layer]) remove(value);
  for (int value : graph_.layers[layer].outputs) {
    if (lives_[value].alive_after(layer)) add(value);
  }
  for (int origin : touched_) refresh(origin);
  touched_.clear();
}

void Frontier::add(int value) {
  const ValueKind kind = graph_.values[value].kind;
  if (kind == ValueKind::opaque) opaque_.insert(value);
  if (kind != ValueKind::tensor) return;
  tensors_.insert(value);
  alive_of_[views_.origin(value)].insert(value);
  touched_.push_back(views_.origin(value));
}

void Frontier::remove(int value) {
  opaque_.erase(value);
  if (tensors_.erase(value) == 0) return;
  alive_of_[views_.origin(value)].erase(value);
  touched_.push_back(views_.origin(value));
}

void Frontier::refresh(int origin) {
  for (int value : sent_of_[origin]) {
    sent_.erase(value);
    sent_bytes_ -= graph_.values[value].bytes;
  }
  sent_of_[origin] = views_.tensors_to_send({alive_of_[origin].begin(), alive_of_[origin].end()});
  for (int value : sent_of_[origin]) {
    sent_.insert(value);
    sent_bytes_ += graph_.values[value].bytes;
  }
}

}  // namespace scission
