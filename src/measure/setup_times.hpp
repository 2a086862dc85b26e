// Setup times: what a stage takes beyond its blocks' times when its system has waited for it.
#pragma once

#include <vector>

#include "measure/estimates.hpp"
#include "scission/backend.hpp"
#include "scission/measure.hpp"

namespace scission {

/// Fewer determine no setup time.
inline constexpr std::size_t min_setup_observations = 6;

/// One chain of blocks that was interrupted by a wait.
struct SetupObservation {
  int block = 0;  ///< the first one after the wait
  /// Seconds that it and each of its followers took longer than without a wait; may be negative.
  std::vector<double> extra_s;
};

/// The block at which the chain is interrupted next: the golden-ratio sequence over the blocks'
/// cumulative time, which covers it evenly for any number of observations (Kuipers and
/// Niederreiter, "Uniform Distribution of Sequences", 1974). `block_s`: seconds, [block].
/// O(blocks).
int entry_block(const std::vector<double>& block_s, int observation);

/// Runs the blocks before `block`, calls `wait`, and times the blocks from there until their usual
/// times add up to 20 ms: later ones are not affected. `usual_s`: seconds, [block].
SetupObservation observe_setup(Runnable& model, int block, const std::vector<double>& usual_s,
                               const std::function<void()>& wait,
                               const std::function<double()>& clock);

/// The setup time of every block: the median of the observations nearest to it in cumulative time,
/// √n of them but at least 6 (nearest-neighbour regression), with the 95 % interval of that median.
/// An observation counts up to the usual time that the model has left from the block on, because
/// the stage ends there. Noise can put the result below 0. Empty for fewer than 6 observations.
/// O(blocks · n log n).
std::vector<TimeEstimate> estimate_setup(const std::vector<SetupObservation>& observations,
                                         const std::vector<double>& block_s);

}  // namespace scission
