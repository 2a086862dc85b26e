#include "search/history.hpp"

#include "scission/base/error.hpp"

namespace scission::search_detail {

History::History(const Rules& rules)
    : marks_(rules.usable.size(), 0), critical_(rules.usable.size(), 0) {}

History::History(const Rules& rules, const std::vector<int>& critical) : History(rules) {
  if (rules.returns_to_source) source_count_ = static_cast<int>(rules.sources.size());
  if (rules.max_stages > 0) {
    counts_stages_ = true;
    stage_count_ = rules.max_stages;
  }
  if (rules.demands.size() > most_history_bits) {
    throw Error(ErrorCode::invalid_argument, "more than 16 demands to use a platform or system");
  }
  for (const Group& demand : rules.demands) {
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

int History::enter_first(int source_rank, int system) const {
  const int source = source_count_ > 1 ? source_rank : 0;
  return static_cast<int>((source * stage_count_) << bit_count_ | marks_[system]);
}

int History::enter(int state, int system) const {
  if (mask(state) & critical_[system]) return none;
  int next = state;
  if (counts_stages_) {
    if ((state >> bit_count_) % stage_count_ == stage_count_ - 1) return none;
    next += 1 << bit_count_;
  }
  return static_cast<int>(next | marks_[system]);
}

std::optional<int> History::source_rank(int state) const {
  if (source_count_ == 1) return std::nullopt;
  return (state >> bit_count_) / stage_count_;
}

}  // namespace scission::search_detail
