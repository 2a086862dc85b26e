// The ways to go on from one state, from the cheapest on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "search/ticks.hpp"

namespace scission::search_detail {

/// `choice` is a system or an end; `cost` is that step's and the least from there to the end of
/// the plan. Of equal costs the smaller choice comes first.
struct Option {
  Cost cost;
  int choice;

  friend auto operator<=>(const Option&, const Option&) = default;
};

/// Sorted only as far as anybody asked, and kept only as far as is likely to be asked.
class RankedOptions {
 public:
  /// Keeps the `capacity` cheapest.
  RankedOptions(std::vector<Option> options, std::size_t capacity) {
    is_all_ = options.size() <= capacity;
    if (!is_all_) {
      std::nth_element(options.begin(), options.begin() + static_cast<long>(capacity),
                       options.end());
      options = std::vector<Option>(options.begin(), options.begin() + static_cast<long>(capacity));
    }
    options_ = std::move(options);
    std::make_heap(options_.rbegin(), options_.rend(), std::greater<>());
  }

  /// nullptr when not that many are kept; see is_all().
  const Option* at(std::size_t rank) {
    if (rank >= options_.size()) return nullptr;
    for (; sorted_ <= rank; ++sorted_) {
      std::pop_heap(options_.rbegin(), options_.rend() - static_cast<long>(sorted_),
                    std::greater<>());
    }
    return &options_[rank];
  }

  bool is_all() const { return is_all_; }
  std::size_t capacity() const { return options_.size(); }

 private:
  std::vector<Option> options_;  // [0, sorted_) in order, the rest a heap that grows backwards
  std::size_t sorted_ = 0;
  bool is_all_ = true;
};

}  // namespace scission::search_detail
