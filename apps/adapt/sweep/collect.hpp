// From measurements to a grid.
#pragma once

#include <string>
#include <vector>

#include "adapt/sweep/factors.hpp"
#include "adapt/sweep/journal.hpp"
#include "adapt/sweep/routes.hpp"
#include "scission/sweep/sweep.hpp"

namespace scission::sweep {

/// A grid without conditions yet.
Sweep empty_grid(const std::string& model, const std::vector<SweepFactor>& factors,
                 const std::vector<std::string>& systems, const std::vector<RoutePlan>& plans);

/// How much of a sweep is good.
struct SweepCounts {
  std::size_t measured = 0;  ///< of all measurements, blocks counted one by one
  std::size_t unstable = 0;  ///< of them
  std::size_t failed = 0;
};

SweepCounts count(const std::vector<Measurement>& measurements);

/// Puts in what was measured, the samples of all blocks together, and says in the notes what is
/// missing and why. A plan's system_seconds are the mean of its blocks'. Conditions without any
/// time are left out. O(measurements · log).
void fill(Sweep& grid, const std::vector<Measurement>& measurements);

}  // namespace scission::sweep
