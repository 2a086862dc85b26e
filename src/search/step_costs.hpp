// What the steps of a space cost under one set of weights, as whole ticks.
#pragma once

#include <string>
#include <vector>

#include "search/space.hpp"
#include "search/step_weights.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

class StepCosts {
 public:
  /// `ticks` must bound every plan's sum (bound_of()). With `counts_stages` every stage adds
  /// Ticks::stage. Keeps a reference to the space.
  StepCosts(const Space& space, StepWeights weights, const Ticks& ticks, bool counts_stages);
  /// With ticks of its own.
  StepCosts(const Space& space, const StepWeights& weights, bool counts_stages);

  /// No plan's sum is further from 0.
  static double bound_of(const Space& space, const StepWeights& weights);

  const Ticks& ticks() const { return ticks_; }
  const StepWeights& weights() const { return weights_; }

  /// Running blocks first…end−1 on a system.
  Cost run(int system, int first, int end) const {
    return run_until_[at(end, system)] - run_until_[at(first, system)];
  }
  /// First step: from a source to the first system. `unreachable` when that may not be.
  Cost enter_first(int source, int system) const;
  /// A later step: from a system that has run everything before `block` to the next one.
  Cost enter(int block, int from, int to) const;
  /// The output's way; 0 when it is there.
  Cost send_output(int from, int to) const;

  /// The sum over a plan's steps. O(stages).
  Cost sum_of(const Plan& plan) const;

  /// Whether no step costs less than nothing.
  bool are_positive() const { return are_positive_; }
  /// enter(block, from, …) as doubles, +∞ for unreachable, without the tick's rounding and the
  /// stage. Valid until the next call for another block.
  const Row& entries(int block, int from);
  /// One of them as enter() gives it. It must be finite.
  Cost exact(double entry) const { return Ticks::from_scaled(entry) + stage_; }

 private:
  double hop(int from, int to, double bytes) const;
  double stage_price(int system) const;
  void fill_run_costs();
  void copy_run_times(int system);
  std::size_t at(int block, int system) const {
    return static_cast<std::size_t>(block) * space_->system_count() + system;
  }

  const Space* space_;
  StepWeights weights_;
  Ticks ticks_;
  Cost stage_;
  bool are_positive_ = true;
  std::vector<Cost> run_until_;  // [block, system]: running blocks 0…block−1

  // The rows of one size, filled as they are asked for: neighbouring blocks often put out the same.
  double row_bytes_ = -1;
  std::vector<char> is_filled_;  // [from]
  std::vector<Row> rows_;        // [from]
  Row transfers_;
};

}  // namespace scission::search_detail
