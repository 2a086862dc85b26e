#include "search/dominance.hpp"

#include <utility>

namespace scission::search_detail {
namespace {

// Comparing is optional; beyond this many it costs more than it saves.
constexpr std::size_t most_labels = 512;

bool is_subset(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  for (std::size_t word = 0; word < a.size(); ++word) {
    if (a[word] & ~b[word]) return false;
  }
  return true;
}

bool dominates(const Label& a, const Label& b) {
  for (std::size_t sum = 0; sum < a.spent.size(); ++sum) {
    if (a.spent[sum] > b.spent[sum]) return false;
  }
  if (!is_subset(a.visited, b.visited)) return false;
  return a.spent[0] < b.spent[0] || a.choices < b.choices;
}

}  // namespace

bool Dominance::dominates_or_adds(std::size_t state, Label label) {
  std::vector<Label>& others = labels_[state];
  int dominating = 0;
  for (const Label& other : others) {
    dominating += dominates(other, label);
    if (dominating == result_count_) return true;
  }
  if (others.size() < most_labels) others.push_back(std::move(label));
  return false;
}

}  // namespace scission::search_detail
