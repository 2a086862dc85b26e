// Which layers a plan puts on which system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// Consecutive layers that a plan gives to one system.
struct SCISSION_EXPORT Placement {
  int first_layer = 0;
  int last_layer = 0;
  std::string system;

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// The stages of the best plan in what `scission-predict --json` wrote (docs/plan-format.md), in
/// order, without gaps from layer 0. Throws Error(not_found | io | damaged) with the file and field
/// as place, Error(unsupported) on a newer version of the format, and
/// Error(invalid_argument) when the file holds no plan.
SCISSION_EXPORT std::vector<Placement> read_placements(const std::filesystem::path& path);

/// A plan's stages by names and layers instead of indices. Throws Error(invalid_argument) for a
/// system or block that the problem does not have.
SCISSION_EXPORT std::vector<Placement> placements_of(const PartitionProblem& problem,
                                                     const Plan& plan);

/// The other way round, for input that lies on the system `source`. Throws Error(mismatch) for a
/// system that the problem does not have, and where a placement does not end with a block.
SCISSION_EXPORT Plan plan_of(const PartitionProblem& problem,
                             const std::vector<Placement>& placements, const std::string& source);

}  // namespace scission
