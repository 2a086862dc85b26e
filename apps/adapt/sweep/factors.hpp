// What a sweep sets, and to which levels.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scission/sweep/adaptive_grid.hpp"
#include "stress/stress.hpp"

namespace scission::sweep {

enum class FactorKind { rate, cpu, memory };

/// A factor of the grid, and what it means for machines.
struct SweepFactor {
  FactorKind kind = FactorKind::rate;
  Factor factor;               ///< as sweep.json has it; its levels are numbers
  std::vector<double> values;  ///< of the levels: Mbit/s, or %
  std::string system = {};     ///< of cpu and memory
  std::string one_end = {};    ///< of a rate that is one link's; empty: all links'
  std::string other_end = {};
};

/// One condition as something to be set.
struct Setting {
  std::map<std::string, StressLevel> stress;  ///< by system, those of 0 included
  /// Mbit/s of a link, in both directions; 0: as fast as it goes.
  double rate(const std::string& one_end, const std::string& other_end) const;

  std::vector<std::pair<std::pair<std::string, std::string>, double>> rates;  ///< the later wins
};

/// The factors of --network, --cpu and --memory, each an option's values as the command line's
/// commas part them: {"50", "25", "10"}, {"edge-cloud=50", "25"}, {"edge=0", "50", "cloud=0",
/// "100"}.
struct FactorOptions {
  std::vector<std::string> network;
  std::vector<std::string> cpu;
  std::vector<std::string> memory;
};

/// In that order. Throws Error(invalid_argument) with the option as place on a system that is none
/// of `systems`, a level that is no number in range (rates > 0, stress 0 to 100) or is there twice,
/// a factor that is there twice, and levels of nothing.
std::vector<SweepFactor> make_factors(const FactorOptions& options,
                                      const std::vector<std::string>& systems);

/// Levels are indices, one a factor.
Setting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels);

/// `--edge-cpu 0,50` and `--edge-memory=0,50` as `--cpu edge=0,50` and so on, and `--cuts best:5`
/// as
/// `--plans best:5`, as --cuts says elsewhere what may cross a cut; all else as it is.
std::vector<std::string> spell_out(const std::vector<std::string>& arguments);

}  // namespace scission::sweep
