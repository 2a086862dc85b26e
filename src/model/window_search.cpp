#include "model/window_search.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "model/liveness_and_views.hpp"

namespace scission {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// --- The problem ---

void keep_distinct(std::vector<int>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Builds the problem of a graph.
class Builder {
 public:
  explicit Builder(const ModelGraph& graph)
      : graph_(graph), lives_(lifetimes(graph)), roots_(memory_roots(graph)) {
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
    std::vector<int> before = graph_.layers[layer].after;
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

// --- Windows ---

using Counts = std::vector<std::pair<int, int>>;  // key and count, ascending by key

// A set of layers of a window that have run, represented by what they leave behind, which is small
// where few layers are ready and little is alive.
struct WindowState {
  std::vector<int> ready;  // layers that can run next, ascending
  Counts waiting;  // layers with some, not all, of their predecessors run: how many are missing
  Counts in_use;   // memories: how many users are left
  std::int64_t alive = 0;  // bytes, relative to the start of the window
  std::int64_t cost = 0;   // sum of `alive` after each layer that has run
  std::uint64_t set = 0;   // hash of the set of layers that have run
  int last_step = -1;      // index into the steps of the search
};

// Consecutive layers of an order, numbered from 0 in that order.
struct Window {
  const OrderProblem* problem = nullptr;
  std::vector<int> layers;             // [number]
  std::vector<std::vector<int>> next;  // [number] numbers of layers that must run later
  std::vector<int> missing;            // [number] predecessors within the window
  WindowState start;

  int size() const { return static_cast<int>(layers.size()); }
  const std::vector<int>& makes(int number) const { return problem->makes[layers[number]]; }
  const std::vector<int>& reads(int number) const { return problem->reads[layers[number]]; }
};

// Places first…end − 1 of an order.
struct Range {
  int first = 0;
  int end = 0;
};

// Number of memories alive after each layer. O(layers + values).
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

std::vector<Range> windows_of(const OrderProblem& problem, const std::vector<int>& order,
                              int max_alive) {
  const std::vector<int> alive = alive_counts(problem, order);
  const int count = static_cast<int>(order.size());
  std::vector<Range> windows;
  for (int first = 0, place = 0; place < count; ++place) {
    if (alive[place] > max_alive && place + 1 < count) continue;
    windows.push_back({first, place + 1});
    first = place + 1;
  }
  return windows;
}

// The memories that the window reads and earlier layers made.
Counts in_use_at_start(const Window& window, const std::vector<int>& users_left) {
  std::vector<int> made;
  Counts in_use;
  for (int number = 0; number < window.size(); ++number) {
    made.insert(made.end(), window.makes(number).begin(), window.makes(number).end());
    for (int memory : window.reads(number)) in_use.emplace_back(memory, users_left[memory]);
  }
  std::sort(made.begin(), made.end());
  std::sort(in_use.begin(), in_use.end());
  in_use.erase(std::unique(in_use.begin(), in_use.end()), in_use.end());
  std::erase_if(in_use, [&](const std::pair<int, int>& entry) {
    return std::binary_search(made.begin(), made.end(), entry.first);
  });
  return in_use;
}

// `position[layer]` is a layer's place in `order`; `users_left[memory]` counts from the range on.
Window make_window(const OrderProblem& problem, const std::vector<int>& order, Range range,
                   const std::vector<int>& position, const std::vector<int>& users_left) {
  Window window;
  window.problem = &problem;
  window.layers.assign(order.begin() + range.first, order.begin() + range.end);
  window.next.resize(window.layers.size());
  window.missing.resize(window.layers.size(), 0);
  for (int number = 0; number < window.size(); ++number) {
    for (int next : problem.next[window.layers[number]]) {
      if (position[next] >= range.end) continue;
      window.next[number].push_back(position[next] - range.first);
      ++window.missing[position[next] - range.first];
    }
  }
  window.start.in_use = in_use_at_start(window, users_left);
  for (int number = 0; number < window.size(); ++number) {
    if (window.missing[number] == 0) window.start.ready.push_back(number);
  }
  return window;
}

// --- States of a window ---

Counts::const_iterator find(const Counts& counts, int key) {
  return std::lower_bound(counts.begin(), counts.end(), std::pair(key, 0));
}

// Decrements the key's count and erases it at 0: true then.
bool take_one(Counts& counts, int key) {
  const auto entry = counts.begin() + (find(counts, key) - counts.cbegin());
  if (--entry->second > 0) return false;
  counts.erase(entry);
  return true;
}

// Bytes alive after the ready layer `number` has run as well. O(log alive) a memory.
std::int64_t alive_after(const Window& window, const WindowState& state, int number) {
  const std::vector<std::int64_t>& bytes = window.problem->bytes;
  std::int64_t alive = state.alive;
  for (int memory : window.makes(number)) alive += bytes[memory];
  for (int memory : window.reads(number)) {
    const auto entry = find(state.in_use, memory);
    // A memory that the layer itself makes has no entry yet, and users to come.
    if (entry != state.in_use.end() && entry->first == memory && entry->second == 1) {
      alive -= bytes[memory];
    }
  }
  return alive;
}

// The hash of the set with the layer added, or removed. Zobrist hashing with splitmix64 (Steele,
// Lea, Flood 2014) in place of a table of random numbers.
std::uint64_t toggled(std::uint64_t set, int number) {
  std::uint64_t bits = (static_cast<std::uint64_t>(number) + 1) * 0x9e3779b97f4a7c15u;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return set ^ bits ^ (bits >> 31);
}

void use_memories(const Window& window, int number, Counts& in_use) {
  for (int memory : window.makes(number)) {
    in_use.emplace(find(in_use, memory), memory, window.problem->users[memory]);
  }
  for (int memory : window.reads(number)) take_one(in_use, memory);
}

void release_followers(const Window& window, int number, WindowState& state) {
  state.ready.erase(std::lower_bound(state.ready.begin(), state.ready.end(), number));
  for (int next : window.next[number]) {
    const auto entry = find(state.waiting, next);
    if (entry == state.waiting.end() || entry->first != next) {
      state.waiting.emplace(entry, next, window.missing[next]);
    }
    if (take_one(state.waiting, next)) {
      state.ready.insert(std::lower_bound(state.ready.begin(), state.ready.end(), next), next);
    }
  }
}

// The state after the ready layer `number` has run. O(state + links of the layer).
WindowState successor(const Window& window, const WindowState& state, int number) {
  WindowState result = state;
  result.alive = alive_after(window, state, number);
  result.cost += result.alive;
  result.set = toggled(state.set, number);
  use_memories(window, number, result.in_use);
  release_followers(window, number, result);
  return result;
}

std::int64_t given_cost(const Window& window) {
  WindowState state = window.start;
  for (int number = 0; number < window.size(); ++number) state = successor(window, state, number);
  return state.cost;
}

// --- Search of one window ---

struct SearchLimits {
  std::size_t beam_width = unlimited;  // states kept at each level
  std::size_t max_sets = unlimited;    // sets visited at all levels together
};

using Level = std::vector<WindowState>;  // all with the same number of layers run

// A successor of a state in a level, not yet constructed.
struct Candidate {
  std::uint64_t set = 0;
  std::int64_t cost = 0;
  std::int64_t alive = 0;
  int parent = 0;  // in the level
  int number = 0;
};

// How a state was reached; steps form a tree.
struct Step {
  int previous = -1;
  int number = 0;
};

struct WindowOrder {
  std::int64_t cost = 0;
  std::vector<int> numbers;
};

// The cheapest way to each set that follows the level, the first on ties; nothing when there are
// more than `max_candidates` sets.
std::optional<std::vector<Candidate>> expand(const Window& window, const Level& level,
                                             std::size_t max_candidates) {
  std::vector<Candidate> candidates;
  std::unordered_map<std::uint64_t, std::size_t> index_of;
  for (int parent = 0; parent < static_cast<int>(level.size()); ++parent) {
    const WindowState& state = level[parent];
    for (int number : state.ready) {
      const std::int64_t alive = alive_after(window, state, number);
      const Candidate candidate{toggled(state.set, number), state.cost + alive, alive, parent,
                                number};
      const auto [entry, is_new] = index_of.try_emplace(candidate.set, candidates.size());
      if (is_new) {
        candidates.push_back(candidate);
      } else if (candidate.cost < candidates[entry->second].cost) {
        candidates[entry->second] = candidate;
      }
    }
    if (candidates.size() > max_candidates) return std::nullopt;
  }
  return candidates;
}

void keep_cheapest(std::vector<Candidate>& candidates, std::size_t width) {
  if (candidates.size() <= width) return;
  const auto rank = [](const Candidate& candidate) {
    return std::tuple(candidate.cost, candidate.alive, candidate.parent, candidate.number);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  candidates.resize(width);
}

Level next_level(const Window& window, const Level& level, const std::vector<Candidate>& candidates,
                 std::vector<Step>& steps) {
  Level next;
  next.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    const WindowState& parent = level[candidate.parent];
    next.push_back(successor(window, parent, candidate.number));
    next.back().last_step = static_cast<int>(steps.size());
    steps.push_back({parent.last_step, candidate.number});
  }
  return next;
}

std::vector<int> path_to(int last_step, const std::vector<Step>& steps) {
  std::vector<int> numbers;
  for (int step = last_step; step >= 0; step = steps[step].previous) {
    numbers.push_back(steps[step].number);
  }
  std::reverse(numbers.begin(), numbers.end());
  return numbers;
}

// Dynamic programming over the window's downsets, level by level, within the limits: optimal with
// an unlimited beam. Nothing when there are more than max_sets downsets.
std::optional<WindowOrder> search_window(const Window& window, SearchLimits limits) {
  Level level{window.start};
  std::vector<Step> steps;
  std::size_t sets = 0;
  for (int count = 0; count < window.size(); ++count) {
    std::optional<std::vector<Candidate>> candidates =
        expand(window, level, limits.max_sets - sets);
    if (!candidates) return std::nullopt;
    sets += candidates->size();
    keep_cheapest(*candidates, limits.beam_width);
    level = next_level(window, level, *candidates, steps);
  }
  return WindowOrder{level.front().cost, path_to(level.front().last_step, steps)};
}

// The window's layers in the best order found, or in the given one if that costs no more.
std::vector<int> best_order(const Window& window) {
  constexpr SearchLimits exact{unlimited, 4096};
  constexpr SearchLimits beam{32, unlimited};
  if (window.size() < 2) return window.layers;
  std::optional<WindowOrder> found = search_window(window, exact);
  if (!found) found = search_window(window, beam);
  if (found->cost >= given_cost(window)) return window.layers;
  std::vector<int> layers;
  layers.reserve(window.layers.size());
  for (int number : found->numbers) layers.push_back(window.layers[number]);
  return layers;
}

}  // namespace

OrderProblem order_problem(const ModelGraph& graph) { return Builder(graph).run(); }

std::vector<int> improve_windows(const OrderProblem& problem, const std::vector<int>& order,
                                 int max_alive) {
  std::vector<int> position(order.size(), -1);
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  std::vector<int> users_left = problem.users;
  std::vector<int> result;
  result.reserve(order.size());
  for (const Range range : windows_of(problem, order, max_alive)) {
    for (int layer : best_order(make_window(problem, order, range, position, users_left))) {
      for (int memory : problem.reads[layer]) --users_left[memory];
      result.push_back(layer);
    }
  }
  return result;
}

}  // namespace scission
