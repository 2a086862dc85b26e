// What measuring gathers: seconds of the whole model and of every block, round by round.
#pragma once

#include <cstddef>
#include <vector>

namespace scission {

struct Samples {
  std::vector<double> whole;                ///< [round]
  std::vector<std::vector<double>> blocks;  ///< [block][round]

  std::size_t rounds() const { return whole.size(); }

  /// Of every round: the sum of its blocks.
  std::vector<double> chains() const;

  /// Of every round: all that it ran.
  std::vector<double> totals() const;
};

}  // namespace scission
