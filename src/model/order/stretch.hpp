// Some consecutive layers of an order, to be put into a better one.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/order/order_problem.hpp"

namespace scission::order {

/// Which of a stretch's layers have run, told by what that leaves: layers are numbered from 0 in
/// the stretch's given order. Small where few layers are ready and little is alive.
struct StretchState {
  std::vector<int> ready;                    ///< layers that may run next, ascending
  std::vector<std::pair<int, int>> waiting;  ///< layers that miss some of the layers before them,
                                             ///< not all, and how many; ascending
  std::vector<std::pair<int, int>> in_use;   ///< memories, and how many users are left; ascending
  std::int64_t alive = 0;  ///< bytes, more or less than what was alive at the stretch's start
  std::int64_t cost = 0;   ///< sum of `alive` over the places after the layers that have run
  std::uint64_t set = 0;   ///< a fingerprint of the set of layers that have run
  int last_step = -1;      ///< for the search
};

/// The problem has to outlive it.
class Stretch {
 public:
  /// `layers` in the given order; `position[layer]` is a layer's place in the whole order, of which
  /// the stretch begins at `first`; `users_left[memory]` counts from there on.
  Stretch(const OrderProblem& problem, std::vector<int> layers, const std::vector<int>& position,
          int first, const std::vector<int>& users_left);

  int size() const { return static_cast<int>(layers_.size()); }
  const std::vector<int>& layers() const { return layers_; }

  StretchState start() const;

  /// What is alive after `layer`, one of the ready ones, has run as well. O(log alive) a memory.
  std::int64_t alive_after(const StretchState& state, int layer) const;

  /// The fingerprint of the set with `layer`, and of the set without it.
  static std::uint64_t toggled(std::uint64_t set, int layer);

  /// The state after `layer`, one of the ready ones. O(state + links of the layer).
  StretchState after(const StretchState& state, int layer) const;

  /// The sum of `alive` in the given order. O(all states on the way).
  std::int64_t given_cost() const;

 private:
  void use_memories(int layer, StretchState& state) const;
  void free_followers(int layer, StretchState& state) const;

  const OrderProblem& problem_;
  std::vector<int> layers_;
  std::vector<std::vector<int>> next_;                // [number] numbers
  std::vector<int> missing_;                          // [number] layers of the stretch before it
  std::vector<std::pair<int, int>> in_use_at_start_;  // as far as the stretch reads them
};

}  // namespace scission::order
