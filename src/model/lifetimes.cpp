#include "model/lifetimes.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "scission/base/error.hpp"

namespace scission {
namespace {

class Reading {
 public:
  explicit Reading(const ModelGraph& graph) : graph_(graph), lives_(graph.values.size()) {}

  std::vector<Lifetime> run() {
    const int layer_count = static_cast<int>(graph_.layers.size());
    for (layer_ = 0; layer_ < layer_count; ++layer_) {
      for (int value : layer().inputs) read(value);
      for (int earlier : layer().after) check_after(earlier);
      for (int value : layer().outputs) make(value);
      for (int value : layer().outputs) check_view(value);
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
      refuse(fmt::format("reads '{}' before any layer has made it", name(value)));
    }
    lives_[value].last_use = layer_;
  }

  void make(int value) {
    if (lives_.at(value).made != Lifetime::never) {
      refuse(fmt::format("makes '{}', which layer {} has made", name(value), lives_[value].made));
    }
    lives_[value] = {layer_, layer_};
  }

  void check_view(int value) const {
    const int source = graph_.values[value].view_of;
    if (source < 0) return;
    if (lives_.at(source).made != Lifetime::never && !is_in_circle(value)) return;
    refuse(fmt::format("makes '{}', a view of '{}', before any layer has made that", name(value),
                       name(source)));
  }

  // Only values of one layer can be views of each other.
  bool is_in_circle(int value) const {
    std::size_t steps = 0;
    int source = value;
    do {
      source = graph_.values[source].view_of;
    } while (source >= 0 && lives_.at(source).made == layer_ && ++steps <= layer().outputs.size());
    return steps > layer().outputs.size();
  }

  void check_after(int earlier) const {
    if (earlier >= 0 && earlier < layer_) return;
    refuse(fmt::format("comes before layer {}, after which it has to run", earlier));
  }

  [[noreturn]] void refuse(std::string message) const {
    throw Error(ErrorCode::invalid_argument, std::move(message),
                fmt::format("model {}, layer {} ({})", graph_.name, layer_, layer().name));
  }

  const ModelGraph& graph_;
  std::vector<Lifetime> lives_;
  int layer_ = 0;
};

}  // namespace

std::vector<Lifetime> lifetimes(const ModelGraph& graph) { return Reading(graph).run(); }

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

}  // namespace scission
