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
#include <cmath>
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
  Cost hop_time(int from, int to, int block, int codec = Plan::raw) const;
  /// The least busy time of the link with any codec that the hop may use.
  Cost min_hop_time(int from, int to, int block) const;
  /// The time that coding for a hop into a block takes the sender, and the receiver.
  Cost encode_time(int from, int block, int codec) const;
  Cost decode_time(int to, int block, int codec) const;

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
  double bytes_into(int block, int codec) const {
    return crossings_[block].reach * bytes_of(block, codec);
  }

  /// Whether hops may be coded.
  bool has_codecs() const { return !constraints_.codecs.empty(); }
  /// The codecs that may be better than raw into a block, ascending: those that are smaller.
  const std::vector<int>& codecs_into(int block) const { return codecs_into_[block]; }
  const CodecCosts& codec(int index) const { return problem_.codecs[index]; }
  /// Seconds of coding on each system, with the i-th codec of codecs_into(); not finite where that
  /// was not measured.
  auto encode_seconds(int block, std::size_t i) const {
    return encode_s_.col(first_coding_[block] + static_cast<int>(i));
  }
  auto decode_seconds(int block, std::size_t i) const {
    return decode_s_.col(first_coding_[block] + static_cast<int>(i));
  }
  /// Whether a hop, which the order allows, may use raw or a codec: it is measured on both systems
  /// and within the limits.
  bool may_code(int from, int to, int block, int codec) const {
    return is_measured(from, to, block, codec) && within_limits(from, to, block, codec);
  }
  /// Calls `found` with raw and with each codec that a hop may use, in this order.
  template <typename Found>
  void for_each_codec(int from, int to, int block, Found found) const {
    if (within_limits(from, to, block, Plan::raw)) found(Plan::raw);
    if (!has_codecs()) return;
    const std::vector<int>& codecs = codecs_into_[block];
    for (std::size_t i = 0; i < codecs.size(); ++i) {
      const bool is_measured = std::isfinite(encode_seconds(block, i)[from]) &&
                               std::isfinite(decode_seconds(block, i)[to]);
      if (is_measured && within_limits(from, to, block, codecs[i])) found(codecs[i]);
    }
  }
  /// The longest time of coding for one hop, in seconds, and the largest error and disagreement.
  struct CodingBounds {
    double seconds = 0;
    double error = 0;
    double disagreement = 0;
  };
  const CodingBounds& coding_bounds() const { return coding_bounds_; }
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

  double transfer_s(int from, int to, int block, int codec = Plan::raw) const {
    return crossings_[block].reach * problem_.link(from, to)->transfer_s(bytes_of(block, codec));
  }
  /// Seconds per byte, and seconds independent of the size, of a hop that is not over a measured
  /// curve; +∞ seconds where the order forbids it.
  auto byte_seconds(int from) const { return s_per_byte_.col(from); }
  auto ping_seconds(int from) const { return ping_s_.col(from); }
  const std::vector<int>& curves(int from) const { return curves_[from]; }
  /// transfer_s() from one system to each other one, without limits; +∞ where the order forbids it.
  void fill_transfers(int from, int block, Row& seconds) const;
  /// 0 for the systems that the order allows next, else +∞, without limits.
  auto hop_indicator(int from) const { return hop_indicator_.col(from); }
  /// Whether limits concern single hops.
  bool limits_steps() const { return limits_uploads_ || longest_ < unreachable; }
  /// Writes +∞ where limits forbid the hop with this codec.
  void apply_limits(int from, int block, int codec, Row& row) const;

  /// Pairs that may follow each other but have no link.
  std::vector<MissingLink> missing_links() const;

 private:
  using Matrix = Eigen::ArrayXXd;  // column-major: a column is one sender

  bool in_order(int from, int to) const;
  bool skips_required(int after, int before) const;
  bool may_send(int system) const;
  bool may_send_any(int from, int to, int block) const;
  bool is_return_wanted(int from, int to) const;  ///< where the output must be returned
  bool within_limits(int from, int to, int block, int codec) const;
  bool is_measured(int from, int to, int block, int codec) const;
  double bytes_of(int block, int codec) const {
    return codec == Plan::raw ? crossings_[block].bytes : problem_.codecs[codec].bytes[block];
  }
  void set_clock();
  void fill_crossings();
  void fill_codecs();
  void add_coding(int index, std::vector<int>& column);
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
  Matrix s_per_byte_;              // [to, from]: the inverse; empty without codecs
  Matrix upload_bytes_;            // [to, from]: upper limit
  Matrix hop_indicator_;           // [to, from]: 0 where to may follow from, else +∞
  bool limits_uploads_ = false;
  // Those of codecs; empty without. A block's columns begin at first_coding_.
  std::vector<std::vector<int>> codecs_into_;  // [block], with one more entry for the output
  std::vector<int> first_coding_;              // [block]
  Matrix encode_s_, decode_s_;                 // [system, codec of a block]
  CodingBounds coding_bounds_;
  std::vector<std::vector<int>> curves_;        // [from]: receivers over a measured curve
  std::vector<std::vector<int>> destinations_;  // [source]; empty: all_destinations_
  std::vector<int> all_destinations_;
};

}  // namespace scission::search_detail
