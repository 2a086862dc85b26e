#include "search/label_state.hpp"

#include "scission/base/error.hpp"

namespace scission::search_detail {

LabelStates::LabelStates(const CompiledConstraints& constraints)
    : marks_(constraints.usable.size(), 0), critical_(constraints.usable.size(), 0) {}

LabelStates::LabelStates(const CompiledConstraints& constraints, const std::vector<int>& critical)
    : LabelStates(constraints) {
  if (constraints.returns_to_source) source_count_ = static_cast<int>(constraints.sources.size());
  if (constraints.max_stages > 0) {
    counts_stages_ = true;
    stage_count_ = constraints.max_stages;
  }
  if (constraints.demands.size() > max_state_bits) {
    throw Error(ErrorCode::invalid_argument, "more than 16 demands to use a platform or system");
  }
  for (const SystemGroup& demand : constraints.demands) {
    const std::uint32_t bit = 1u << bit_count_++;
    demanded_ |= bit;
    for (std::size_t system = 0; system < marks_.size(); ++system) {
      if (demand.holds(static_cast<int>(system))) marks_[system] |= bit;
    }
  }
  for (int system : critical) {
    const std::uint32_t bit = 1u << bit_count_++;
    marks_[system] |= bit;
    critical_[system] = bit;
  }
}

int LabelStates::enter_first(int source_rank, int system) const {
  const int source = source_count_ > 1 ? source_rank : 0;
  return static_cast<int>((source * stage_count_) << bit_count_ | marks_[system]);
}

int LabelStates::enter(int state, int system) const {
  if (mask(state) & critical_[system]) return none;
  int next = state;
  if (counts_stages_) {
    if ((state >> bit_count_) % stage_count_ == stage_count_ - 1) return none;
    next += 1 << bit_count_;
  }
  return static_cast<int>(next | marks_[system]);
}

std::optional<int> LabelStates::source_rank(int state) const {
  if (source_count_ == 1) return std::nullopt;
  return (state >> bit_count_) / stage_count_;
}

}  // namespace scission::search_detail
