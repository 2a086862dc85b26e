// What the search works on: one model, the systems that measured it, the links between them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// What running a block takes of a system's memory.
struct SCISSION_EXPORT BlockMemory {
  double weight_bytes = 0;      ///< as long as the block is loaded
  double activation_bytes = 0;  ///< while it runs: its input, its output and what is in between

  friend bool operator==(const BlockMemory&, const BlockMemory&) = default;
};

/// Profiles of one model on several systems, brought to common blocks.
struct SCISSION_EXPORT PartitionProblem {
  std::string model;
  std::vector<std::string> platforms;        ///< in the order in which data may pass them
  std::vector<System> systems;               ///< grouped by platform, in that order
  std::vector<Block> blocks;                 ///< output_bytes is what a cut after it ships
  std::vector<std::vector<double>> block_s;  ///< seconds, [system][block]
  std::vector<std::optional<Link>> links;    ///< [from * systems.size() + to]
  std::vector<BlockMemory> memory = {};      ///< [block]; empty where no profile knows

  int system_count() const { return static_cast<int>(systems.size()); }  ///< systems.size()
  int block_count() const { return static_cast<int>(blocks.size()); }    ///< blocks.size()

  // These throw Error(invalid_argument) for a system or block that is not there, and for a system
  // whose platform is not among the platforms.
  int last_layer() const;                                   ///< the model's
  const std::optional<Link>& link(int from, int to) const;  ///< empty: there is none
  int platform_of(int system) const;                        ///< index into platforms
  int source_platform() const;  ///< the first platform that has a system
  /// What crosses into a block: the output of the one before it, or the model's input. Of
  /// block_count(): the model's output.
  double bytes_into(int block, double input_bytes) const;
};

/// device, edge, cloud: the original's platforms in its order.
SCISSION_EXPORT const std::vector<std::string>& default_platforms();

/// Builds the problem of one model.
///
/// Profiles may be of different grain: their blocks are merged up to the boundaries that all
/// have in common. At such a boundary the largest of the stated sizes counts (a .dat counts the
/// 128 bytes of a .npy header, ours does not). Profiles that did not measure the model are left
/// out; a platform may end up without a system.
///
/// A block's memory is the largest that a profile states; where none states the weights, 4 bytes a
/// parameter, where none states the activations, the block's input (150 kB of the model's) and
/// output. Without a single parameter in any profile it is not known.
///
/// Throws Error(invalid_argument) for a model nobody has measured (naming those that are
/// known), for a platform that is not in `platforms` and for one that is there twice;
/// Error(mismatch) when two systems have one name, and when the profiles are of different models
/// under one name: other last layers, or sizes that differ by more than that header;
/// Error(damaged) as validate() does.
SCISSION_EXPORT PartitionProblem make_problem(
    const std::vector<SystemProfile>& profiles, const Network& network, const std::string& model,
    const std::vector<std::string>& platforms = default_platforms());

// --- Figures that no profile has: power, price, memory ---

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
