// The minimum of a window that moves towards smaller positions.
#pragma once

#include <cstddef>
#include <vector>

namespace scission::search_detail {

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

}  // namespace scission::search_detail
