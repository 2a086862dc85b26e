// Label states: what the completions of a prefix depend on besides its block and system.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/compiled_constraints.hpp"

namespace scission::search_detail {

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

}  // namespace scission::search_detail
