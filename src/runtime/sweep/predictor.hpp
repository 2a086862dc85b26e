// Predicted latencies of plans, from profiles under each stress level and links at each rate.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/sweep/testbed.hpp"
#include "scission/plan/network.hpp"

namespace scission::runtime {

/// The profiles and networks that predictions need. Files that exist are read; what is missing is
/// measured.
class Predictor {
 public:
  /// All arguments must outlive this.
  Predictor(const SweepOptions& options, const SweepCallbacks& callbacks,
            const SweepProfiles& inputs, Testbed& testbed);

  /// Loads or measures everything that the conditions need. Throws as the benchmarks, the readers
  /// and measure_links() do.
  void gather(const std::vector<std::vector<int>>& conditions);

  /// The latencies under one condition, in the plans' order, after gather() with the condition.
  /// Throws Error(mismatch) when a plan ends inside a block of the profiles or a link is missing.
  std::vector<PlanTime> predict(const std::vector<int>& levels,
                                const std::vector<RoutePlan>& plans) const;

 private:
  std::filesystem::path profile_file(const std::string& system, const SweepSetting& setting) const;
  std::filesystem::path network_file(const SweepSetting& setting) const;
  SystemProfile make_profile(const std::string& system, const SweepSetting& setting);
  Network make_network(const SweepSetting& setting);
  std::vector<std::string> systems() const;
  void check() const;

  const SweepOptions& options_;
  const SweepCallbacks& callbacks_;
  const SweepProfiles& inputs_;
  Testbed& testbed_;
  std::map<std::filesystem::path, SystemProfile> profiles_;  ///< by file
  std::map<std::filesystem::path, Network> networks_;
};

}  // namespace scission::runtime
