// Sums over a plan's steps: their weights, and what the steps of a graph cost under them.
//
// Every sum that the search knows is linear in what the steps of a plan do: seconds of computing on
// a system, seconds of setting up a stage or of coding there, seconds on a link, bytes over a link,
// stages begun, errors of codecs.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "scission/search/search.hpp"
#include "search/compiled_constraints.hpp"
#include "search/search_graph.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

/// The coefficients of such a sum.
struct StepWeights {
  std::vector<double> per_compute_s;     ///< [system]; may be negative
  double per_transfer_s = 0;             ///< ≥ 0
  std::vector<double> per_byte;          ///< [from * systems + to], ≥ 0; empty: 0
  std::vector<double> per_stage = {};    ///< [system], for every stage on it, ≥ 0; empty: 0
  std::vector<double> per_setup_s = {};  ///< [system], of setup and of coding, ≥ 0; empty: 0
  double per_error = 0;                  ///< ≥ 0
  double per_disagreement = 0;           ///< ≥ 0

  /// Adds factor × other.
  void add(double factor, const StepWeights& other);
};

/// The metric as weights; the period is not a sum and has none.
/// Throws Error(invalid_argument) that names the system or link whose figure is missing.
StepWeights weights_of(const PartitionProblem& problem, Metric metric);

/// The objective as weights, without the period.
StepWeights weights_of(const PartitionProblem& problem, const Objective& objective);

/// A sum that must stay at or below `max`.
struct SumLimit {
  StepWeights weights;
  double max = 0;
};

/// Every limit that concerns more than single stages and hops. SearchGraph enforces the limits on
/// groups that can compute in one stage or send in one hop only.
std::vector<SumLimit> sum_limits(const PartitionProblem& problem,
                                 const CompiledConstraints& constraints);

/// Whether the group computes in one stage at most.
bool computes_once(const CompiledConstraints& constraints, const SystemGroup& group);
/// Whether at most one hop leaves the group.
bool sends_once(const CompiledConstraints& constraints, const SystemGroup& group);

/// The cost of every step under one set of weights, in whole ticks.
class StepCosts {
 public:
  /// `ticks` must bound every plan's sum (bound_of()). With `counts_stages` every stage adds
  /// Ticks::stage. Keeps a reference to the graph.
  StepCosts(const SearchGraph& graph, StepWeights weights, const Ticks& ticks, bool counts_stages);
  /// Chooses the ticks for these weights.
  StepCosts(const SearchGraph& graph, const StepWeights& weights, bool counts_stages);

  /// Upper bound on the absolute value of every plan's sum.
  static double bound_of(const SearchGraph& graph, const StepWeights& weights);

  const Ticks& ticks() const { return ticks_; }
  const StepWeights& weights() const { return weights_; }

  /// Running blocks first…end−1 on a system.
  Cost run(int system, int first, int end) const {
    return run_until_[at(end, system)] - run_until_[at(first, system)];
  }
  /// First step: from a source to the first system. `unreachable` when that is not allowed. These
  /// three choose the codec of least cost.
  Cost enter_first(int source, int system) const;
  /// A later step: from a system that has run everything before `block` to the next one.
  Cost enter(int block, int from, int to) const;
  /// Sending the output; 0 when it is already at its destination.
  Cost send_output(int from, int to) const;

  /// A hop into a block, with the stage that begins there, with one codec. For block_count():
  /// sending the output. Limits are not looked at.
  Cost hop_with(int from, int to, int block, int codec) const;
  /// The codec of least cost that the hop may use, raw before others of equal cost, then the first.
  int best_codec(int from, int to, int block) const;
  /// The plan with the best codec for every hop. Requires a plan whose hops are allowed.
  Plan with_best_codecs(Plan plan) const;

  /// The sum over a plan's steps, coded as the plan says. O(stages).
  Cost sum_of(const Plan& plan) const;

  /// enter(block, from, …) as doubles, +∞ for unreachable, without the tick's rounding and the
  /// stage. Valid until the next call for another block. With codecs they may differ from enter()
  /// in their last digits.
  const Row& entries(int block, int from);
  /// Whether min_entry() may be used: hops may be coded, and none from this system is limited or
  /// over a measured curve.
  bool has_plain_codecs(int from) const {
    return has_codecs_ && !graph_->limits_steps() && graph_->curves(from).empty();
  }
  /// What the rest of a plan costs after entering each system at one block.
  struct Rest {
    Row next;                 ///< as doubles, +∞ for unreachable
    std::vector<Cost> exact;  ///< [system]
    double largest = 0;       ///< of the finite ones of `next`, absolute
    Row floor;                ///< `next` and the least that a codec costs the receiver
  };
  /// Sets `floor` of the rest after entering at a block.
  void set_floor(int block, Rest& rest);
  /// The least of enter(block, from, to) + rest over the systems.
  Cost min_entry(int block, int from, const Rest& rest);
  /// The largest double sum that may be the least exact one, where this is the least double sum.
  /// The double sum has an error below 10⁻¹⁵ of its parts plus half a tick.
  double exact_check_limit(double least, const Rest& rest) const {
    constexpr double rounding = 1e-14;
    const double magnitude = are_positive_ ? least : std::fabs(least) + 2 * rest.largest;
    return least + magnitude * rounding + 4.0 * static_cast<double>(Ticks::tick);
  }

  /// Converts one finite entry of entries(block, from) to the value of enter().
  Cost exact(int block, int from, int to, double entry) const {
    return has_codecs_ ? enter(block, from, to) : Ticks::from_scaled(entry) + stage_;
  }

 private:
  double hop(int from, int to, int block, int codec = Plan::raw) const;
  double coding(int from, int to, int block, int codec) const;
  struct CodedHop {
    Cost cost = unreachable;
    int codec = Plan::raw;
  };
  CodedHop cheapest_hop(int from, int to, int block) const;
  void add_coded(int block, int from, Row& row);
  void collect_receivers(int block);
  void fill_hop_prices(int from, double per_s, double reach);
  /// What a stage on `system` that begins with `block` costs beyond its blocks.
  double stage_price(int block, int system) const;
  Row stage_prices(int block) const;
  void fill_run_costs();
  void copy_run_times(int system);
  std::size_t at(int block, int system) const {
    return static_cast<std::size_t>(block) * graph_->system_count() + system;
  }

  const SearchGraph* graph_;
  StepWeights weights_;
  Ticks ticks_;
  Cost stage_;
  bool has_codecs_;
  bool has_setup_;
  bool are_positive_ = true;
  std::vector<Cost> run_until_;  // [block, system]: running blocks 0…block−1

  // The rows of one size, filled on demand: neighbouring blocks often have outputs of equal size.
  // Where setup times count, they are the rows of one block.
  SearchGraph::Crossing row_crossing_{.bytes = -1};
  int row_block_ = -1;
  std::vector<char> is_filled_;  // [from]
  std::vector<Row> rows_;        // [from]
  Row transfers_;

  // The cost of each codec into one block that does not depend on the sender, in ticks: decoding,
  // and the errors; +∞ where it was not measured.
  int receivers_block_ = -1;
  std::vector<Row> receivers_;             // [codec of codecs_into()]
  std::vector<double> sizes_, encodings_;  // [codec of codecs_into()], raw first; for min_entry()
  std::vector<double> receivers_of_;       // [to][codec], raw first
  std::vector<std::pair<double, int>> tried_;
  std::vector<int> best_receivers_;  // [from], of the last block
  Row fixed_, per_byte_, coded_;
};

/// The plan with codecs; all raw is stated by no codecs.
Plan coded(Plan plan, std::vector<int> codecs);

}  // namespace scission::search_detail
