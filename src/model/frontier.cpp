#include "model/frontier.hpp"

#include <algorithm>

namespace scission {

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
  sent_of_[origin] = views_.sent_for({alive_of_[origin].begin(), alive_of_[origin].end()});
  for (int value : sent_of_[origin]) {
    sent_.insert(value);
    sent_bytes_ += graph_.values[value].bytes;
  }
}

}  // namespace scission
