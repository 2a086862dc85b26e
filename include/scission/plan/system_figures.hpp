// What systems draw, cost and hold: figures that no profile has.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// One row: of a system, or of every system of a platform. What is not stated is left empty.
struct SCISSION_EXPORT SystemFigures {
  std::string name;
  std::optional<double> power_w = {};
  std::optional<double> price_per_hour = {};
  std::optional<double> memory_bytes = {};

  friend bool operator==(const SystemFigures&, const SystemFigures&) = default;
};

/// CSV with the header `system,power(W),price(per hour),memory(MB)`, the last three columns in any
/// order and each optional; an empty field is not stated. Spaces around fields, empty lines and
/// lines that begin with # are allowed.
/// Throws Error(not_found | io | damaged) with file and line; a figure below 0 is damaged too.
SCISSION_EXPORT std::vector<SystemFigures> read_system_figures(const std::filesystem::path& path);
SCISSION_EXPORT std::vector<SystemFigures> parse_system_figures(std::string_view text,
                                                                const std::string& place);

/// Writes the figures into the problem's systems: first the platforms' rows, then the systems',
/// each in its order, a later figure over an earlier. Throws Error(invalid_argument) for a name
/// that is neither a system's nor a platform's.
SCISSION_EXPORT void apply_system_figures(const std::vector<SystemFigures>& figures,
                                          PartitionProblem& problem);

}  // namespace scission
