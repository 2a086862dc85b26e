// The search graph: the steps that a plan may take.
//
// A plan is a walk that alternates two kinds of step:
//
//     source ──enter──▶ (block 0, system) ──run──▶ (end, system) ──enter──▶ (end, next system) …
//
// Entering sends the tensors that cross into a block; running computes blocks first…end−1 in one
// stage. The graph holds the constraints on single steps; LabelStates hold those on the
// systems of a plan, and step_costs.hpp those on sums.
#pragma once

#include <Eigen/Core>
#include <compare>
#include <vector>

#include "scission/search/search.hpp"
#include "search/compiled_constraints.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

/// A row of doubles, one for each system.
using Row = Eigen::ArrayXd;

/// The minimum of a window that moves towards smaller positions.
/// A monotone queue: each value is added and removed once, so a sweep takes linear time.
template <typename T>
class SlidingMinimum {
 public:
  struct Candidate {
    int position;
    T value;
  };

  /// Positions must descend from call to call.
  void add(int position, T value) {
    while (last_ > first_ && !(candidates_[last_ - 1].value < value)) --last_;
    if (last_ == candidates_.size()) {
      candidates_.push_back({position, value});
    } else {
      candidates_[last_] = {position, value};
    }
    ++last_;
  }

  /// Removes positions beyond `furthest`, which must not rise from call to call. nullptr when the
  /// window is empty.
  const T* least(int furthest) {
    while (first_ < last_ && candidates_[first_].position > furthest) ++first_;
    return first_ < last_ ? &candidates_[first_].value : nullptr;
  }

 private:
  std::vector<Candidate>
      candidates_;  // [first_, last_): positions descend, values rise; the rest is unused
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

class SearchGraph {
 public:
  /// `longest` limits the time of every stage and the busy time of every hop, in ticks of clock().
  /// Keeps references: problem and constraints must outlive the graph.
  /// Throws Error(invalid_argument) when the times are too large to add up.
  SearchGraph(const PartitionProblem& problem, const CompiledConstraints& constraints,
              Cost longest = unreachable);

  const PartitionProblem& problem() const { return problem_; }
  const CompiledConstraints& constraints() const { return constraints_; }
  int block_count() const { return problem_.block_count(); }
  int system_count() const { return problem_.system_count(); }
  /// Upper bound on the number of hops of a plan.
  int max_hops() const;

  /// Upper bound on the latency of every plan, in seconds.
  double bound_s() const { return bound_s_; }
  /// Converts seconds of stages and hops to ticks.
  const Ticks& clock() const { return clock_; }
  Cost longest() const { return longest_; }
  /// Running blocks first…end−1 on a system, in ticks of clock().
  Cost run_time(int system, int first, int end) const {
    return run_until_[at(end, system)] - run_until_[at(first, system)];
  }
  /// The busy time of a hop into a block on its link, in ticks of clock(). Every time and size is
  /// the mean over the requests, of which PartitionProblem::reach() come to the block.
  Cost hop_time(int from, int to, int block) const;

  /// What crosses into a block; into block_count(): the model's output.
  struct Crossing {
    double bytes = 0;
    double reach = 1;  ///< share of the requests

    friend bool operator==(const Crossing&, const Crossing&) = default;
    friend auto operator<=>(const Crossing&, const Crossing&) = default;
  };
  const Crossing& crossing(int block) const { return crossings_[block]; }
  /// Bytes that cross into a block, mean over the requests.
  double bytes_into(int block) const { return crossings_[block].reach * crossings_[block].bytes; }
  /// The longest setup time on a system, in seconds.
  double longest_setup_s(int system) const;
  double max_bytes() const { return max_bytes_; }

  /// The largest allowed end of a stage; `first` itself when no block is allowed. Monotone in
  /// `first`.
  int furthest_end(int first, int system) const { return furthest_end_[at(first, system)]; }
  bool may_enter_first(int source, int system) const;
  /// Whether a stage on one system may be followed by one on another that begins with the block.
  bool may_hop(int from, int to, int block) const;
  /// Whether the output may be sent. The platforms' order does not restrict it.
  bool may_return(int from, int to) const;
  /// Whether the last stage of a plan may run on this system.
  bool may_finish(int system) const;
  /// The destinations allowed for a plan from this source, ascending; empty: the output stays.
  const std::vector<int>& destinations(int source) const;
  /// The same over all sources.
  const std::vector<int>& destinations() const { return all_destinations_; }

  double transfer_s(int from, int to, int block) const {
    const auto [bytes, reach] = crossings_[block];
    return reach * problem_.link(from, to)->transfer_s(bytes);
  }
  /// transfer_s() from one system to each other one, without limits; +∞ where the order forbids it.
  void fill_transfers(int from, int block, Row& seconds) const;
  /// 0 for the systems that the order allows next, else +∞, without limits.
  auto barrier(int from) const { return barrier_.col(from); }
  /// Writes +∞ where limits forbid the hop.
  void apply_limits(int from, int block, Row& row) const;

  /// Pairs that may follow each other but have no link.
  std::vector<MissingLink> missing_links() const;

 private:
  using Matrix = Eigen::ArrayXXd;  // column-major: a column is one sender

  bool in_order(int from, int to) const;
  bool skips_required(int after, int before) const;
  bool may_send(int system) const;
  bool is_return_wanted(int from, int to) const;  ///< where the output must be returned
  bool within_limits(int from, int to, int block) const;
  void set_clock();
  void fill_crossings();
  void fill_run_times();
  void fill_connections();
  void fill_furthest_ends();
  void limit_by_memory(int system);
  void fill_destinations();
  std::vector<Cost> longest_stages() const;
  std::size_t at(int block, int system) const {
    return static_cast<std::size_t>(block) * system_count() + system;
  }

  const PartitionProblem& problem_;
  const CompiledConstraints& constraints_;
  Cost longest_;
  double bound_s_ = 0;
  Ticks clock_;
  std::vector<Crossing> crossings_;  // [block], with one more entry for the output
  double max_bytes_ = 0;
  std::vector<Cost> run_until_;    // [block, system]: running blocks 0…block−1
  std::vector<int> furthest_end_;  // [block, system]
  Matrix ping_s_, bytes_per_s_;    // [to, from]; +∞ and 1 where to may not follow from
  Matrix upload_bytes_;            // [to, from]: upper limit
  Matrix barrier_;                 // [to, from]: 0 where to may follow from, else +∞
  bool limits_uploads_ = false;
  std::vector<std::vector<int>> curves_;        // [from]: receivers over a measured curve
  std::vector<std::vector<int>> destinations_;  // [source]; empty: all_destinations_
  std::vector<int> all_destinations_;
};

}  // namespace scission::search_detail
