// One condition of a sweep, as settings of the machines.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scission/runtime/sweep/run_sweep.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {

/// One condition, as settings of the machines.
struct SweepSetting {
  /// The two ends of a link, both empty for all links, and its rate in Mbit/s.
  using LinkRate = std::pair<std::pair<std::string, std::string>, double>;

  std::map<std::string, StressLevel> stress;  ///< by system; level 0 is listed, too
  std::vector<LinkRate> rates;                ///< later entries override earlier ones

  /// Mbit/s of a link, in both directions; 0: not limited. O(rates).
  double rate(const std::string& one_end, const std::string& other_end) const;
};

/// The setting for one level index per factor. Throws std::out_of_range for an unknown level.
SweepSetting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels);

}  // namespace scission::runtime
