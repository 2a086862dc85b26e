// Which layers a plan puts on which system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace scission {

/// Consecutive layers that a plan gives to one system.
struct Placement {
  int first_layer = 0;
  int last_layer = 0;
  std::string system;

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// The stages of the best plan in what `scission-predict --json` wrote (docs/plan-format.md), in
/// order, without gaps from layer 0. Throws Error(not_found | io | damaged) with the file and field
/// as place, Error(unsupported) on a newer version of the format, and
/// Error(invalid_argument) when the file holds no plan.
std::vector<Placement> read_placements(const std::filesystem::path& path);

}  // namespace scission
#pragma GCC visibility pop
