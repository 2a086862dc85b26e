// The constraints of a query with their names resolved to systems and blocks, and the label states
// that keep track of those on a whole plan.
//
// A new constraint begins as a field of Query (scission/search/search.hpp) and is resolved here, if
// it names systems or layers; CONTRIBUTING.md ("How to add …") lists all places.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/search/search.hpp"

namespace scission::search_detail {

/// A set of systems: those of a platform, or a single one.
class SystemGroup {
 public:
  explicit SystemGroup(std::size_t system_count) : holds_(system_count, 0) {}

  bool holds(int system) const { return holds_[system] != 0; }
  int size() const { return size_; }
  void add(int system) {
    size_ += holds_[system] == 0;
    holds_[system] = 1;
  }

 private:
  std::vector<char> holds_;
  int size_ = 0;
};

/// The systems that any of the names means. The group of a platform without systems is empty.
/// Throws Error(invalid_argument, place) for a name that is neither a platform's nor a system's.
SystemGroup resolve_group(const PartitionProblem& problem, const std::vector<std::string>& names,
                          const std::string& place);

/// Whether one of these layers is in the block.
inline bool overlaps(const Block& block, int first_layer, int last_layer) {
  return block.first_layer <= last_layer && first_layer <= block.last_layer;
}

/// A limit on what all systems of a group do together.
struct GroupLimit {
  SystemGroup group;
  double max = 0;  ///< bytes, seconds, or a share of the whole compute time
};

/// Depends on the names, layers and blocks of a problem, not on its times and links.
struct CompiledConstraints {
  /// Validates the query as search() documents. Throws Error(invalid_argument | infeasible).
  CompiledConstraints(const PartitionProblem& problem, const Query& query);

  bool in_platform_order = true;
  bool may_revisit = false;
  int max_stages = 0;  ///< 0: any number
  double input_bytes = 0;

  std::vector<int> platform;             ///< of each system
  std::vector<char> usable;              ///< [system]: may run something
  std::vector<char> may_hold;            ///< [system]: may hold the input
  std::vector<char> may_run;             ///< [system * blocks + block]
  std::vector<int> sources;              ///< ascending
  std::vector<char> may_finish;          ///< [system]: the last layer may run here
  std::optional<SystemGroup> return_to;  ///< allowed destinations of the output
  bool returns_to_source = false;        ///< to the source itself, where that is in return_to
  std::vector<char> platform_used;   ///< [platform]: a plan must use it; in the platforms' order
  std::vector<SystemGroup> demands;  ///< a plan must use a system of each; in any order

  std::vector<GroupLimit> uploads;
  std::vector<GroupLimit> computes;  ///< in seconds
  std::vector<GroupLimit> shares;    ///< of the whole compute time
  std::vector<double> memory_bytes;  ///< [system]; +∞ without a limit
  bool limits_memory = false;
  PlanLimits limits;
  std::vector<int> codecs;  ///< that hops may use besides raw, ascending

  /// Whether each system may run at most one stage although the order is free.
  bool visits_once() const { return !in_platform_order && !may_revisit; }
  /// Whether one plan may keep a system or a directed link busy more than once. Without revisits
  /// that is the source's, which sends the input, runs the last stage and returns the output.
  bool may_repeat() const { return may_revisit || (!in_platform_order && return_to); }

 private:
  void apply(const PartitionProblem& problem, const std::string& name,
             const Constraints& constraints);
  void apply_criteria(const PartitionProblem& problem, const SystemGroup& group,
                      const Criteria& criteria, const std::string& place);
  void apply_limits(const SystemGroup& group, const Constraints& constraints);
  void keep(const PartitionProblem& problem, const KeepOn& keep_on);
  void demand(const PartitionProblem& problem, const SystemGroup& group);
  void want_layers(const PartitionProblem& problem, const SystemGroup& group, int first, int last);
  void choose_ends(const PartitionProblem& problem, const Query& query);
  void limit_memory(const PartitionProblem& problem);
  void limit_stages(const PartitionProblem& problem, const Query& query);
  void choose_codecs(const PartitionProblem& problem, const Query& query);
};

// --- Label states: what the completions of a prefix depend on besides its block and system ---

/// An automaton over the systems that a plan enters, with states 0…count()−1. A state contains
///   - the number of stages so far, where that is limited,
///   - which demands ("a plan must use one of these systems") are met,
///   - which of the `critical` systems, each to be visited once, have been visited,
///   - the source, where the output must return to it.
/// Systems that are not critical may be entered again: with few critical systems the walks are a
/// relaxation of the plans (decremental state-space relaxation, Righini and Salani 2008).
class LabelStates {
 public:
  LabelStates(const CompiledConstraints& constraints, const std::vector<int>& critical);
  /// The full state-space relaxation, with a single state.
  explicit LabelStates(const CompiledConstraints& constraints);

  int count() const { return source_count_ * stage_count_ << bit_count_; }

  static constexpr int none = -1;
  /// The state after the source (by its rank in constraints.sources) and the first system.
  int enter_first(int source_rank, int system) const;
  /// The state after one more stage; `none` when it is not allowed.
  int enter(int state, int system) const;
  /// Whether a state is possible after a stage on the system.
  bool may_be_on(int state, int system) const {
    return (mask(state) & marks_[system]) == marks_[system];
  }
  bool may_finish(int state) const { return (mask(state) & demanded_) == demanded_; }
  /// The source's rank, where the states contain it.
  std::optional<int> source_rank(int state) const;
  bool is_critical(int system) const { return critical_[system] != 0; }

 private:
  std::uint32_t mask(int state) const { return state & ((1u << bit_count_) - 1); }

  int source_count_ = 1;
  int stage_count_ = 1;
  int bit_count_ = 0;
  bool counts_stages_ = false;
  std::uint32_t demanded_ = 0;           // bits that must be set at the end
  std::vector<std::uint32_t> marks_;     // [system]: bits that entering it sets
  std::vector<std::uint32_t> critical_;  // [system]: its own bit, or 0
};

/// The tables grow with 2 to the power of the bits.
inline constexpr int max_state_bits = 16;

// --- Validation ---

/// Problems from make_problem() are always valid; others may not be. Throws Error(invalid_argument)
/// for inconsistent sizes and for invalid times, bandwidths or bytes, for numbers out of range and
/// conflicting options of the query, whose names are not validated; Error(infeasible) for a layer
/// that the model does not have. O(systems × (systems + blocks)).
void validate(const PartitionProblem& problem, const Query& query);
void validate_link(const std::optional<Link>& link);

}  // namespace scission::search_detail
