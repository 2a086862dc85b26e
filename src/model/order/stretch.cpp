#include "model/order/stretch.hpp"

#include <algorithm>

namespace scission::order {
namespace {

using Counts = std::vector<std::pair<int, int>>;

Counts::const_iterator find(const Counts& counts, int key) {
  return std::lower_bound(counts.begin(), counts.end(), std::pair(key, 0));
}

// One less of the key, which goes when none is left: true then.
bool take_one(Counts& counts, int key) {
  const auto entry = counts.begin() + (find(counts, key) - counts.cbegin());
  if (--entry->second > 0) return false;
  counts.erase(entry);
  return true;
}

}  // namespace

Stretch::Stretch(const OrderProblem& problem, std::vector<int> layers,
                 const std::vector<int>& position, int first, const std::vector<int>& users_left)
    : problem_(problem),
      layers_(std::move(layers)),
      next_(layers_.size()),
      missing_(layers_.size(), 0) {
  const int end = first + size();
  std::vector<int> made;
  for (int number = 0; number < size(); ++number) {
    const int layer = layers_[number];
    for (int next : problem.next[layer]) {
      if (position[next] >= end) continue;
      next_[number].push_back(position[next] - first);
      ++missing_[position[next] - first];
    }
    for (int memory : problem.makes[layer]) made.push_back(memory);
    for (int memory : problem.reads[layer]) {
      in_use_at_start_.emplace_back(memory, users_left[memory]);
    }
  }
  std::sort(made.begin(), made.end());
  std::sort(in_use_at_start_.begin(), in_use_at_start_.end());
  const auto last = std::unique(in_use_at_start_.begin(), in_use_at_start_.end());
  in_use_at_start_.erase(last, in_use_at_start_.end());
  std::erase_if(in_use_at_start_, [&](const std::pair<int, int>& entry) {
    return std::binary_search(made.begin(), made.end(), entry.first);
  });
}

StretchState Stretch::start() const {
  StretchState state;
  state.in_use = in_use_at_start_;
  for (int number = 0; number < size(); ++number) {
    if (missing_[number] == 0) state.ready.push_back(number);
  }
  return state;
}

std::int64_t Stretch::alive_after(const StretchState& state, int layer) const {
  std::int64_t alive = state.alive;
  for (int memory : problem_.makes[layers_[layer]]) alive += problem_.bytes[memory];
  for (int memory : problem_.reads[layers_[layer]]) {
    const auto entry = find(state.in_use, memory);
    // Memory that the layer itself makes has no entry yet, and users to come.
    if (entry != state.in_use.end() && entry->first == memory && entry->second == 1) {
      alive -= problem_.bytes[memory];
    }
  }
  return alive;
}

std::uint64_t Stretch::toggled(std::uint64_t set, int layer) {
  // Zobrist hashing with splitmix64 (Steele, Lea, Flood 2014) as the table of random numbers.
  std::uint64_t bits = (static_cast<std::uint64_t>(layer) + 1) * 0x9e3779b97f4a7c15u;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return set ^ bits ^ (bits >> 31);
}

StretchState Stretch::after(const StretchState& state, int layer) const {
  StretchState result = state;
  result.alive = alive_after(state, layer);
  result.cost += result.alive;
  result.set = toggled(state.set, layer);
  use_memories(layer, result);
  free_followers(layer, result);
  return result;
}

void Stretch::use_memories(int layer, StretchState& state) const {
  for (int memory : problem_.makes[layers_[layer]]) {
    state.in_use.emplace(find(state.in_use, memory), memory, problem_.users[memory]);
  }
  for (int memory : problem_.reads[layers_[layer]]) take_one(state.in_use, memory);
}

void Stretch::free_followers(int layer, StretchState& state) const {
  state.ready.erase(std::lower_bound(state.ready.begin(), state.ready.end(), layer));
  for (int next : next_[layer]) {
    const auto entry = find(state.waiting, next);
    if (entry == state.waiting.end() || entry->first != next) {
      state.waiting.emplace(entry, next, missing_[next]);
    }
    if (take_one(state.waiting, next)) {
      state.ready.insert(std::lower_bound(state.ready.begin(), state.ready.end(), next), next);
    }
  }
}

std::int64_t Stretch::given_cost() const {
  StretchState state = start();
  for (int number = 0; number < size(); ++number) state = after(state, number);
  return state.cost;
}

}  // namespace scission::order
