#include "runtime/sweep/setting.hpp"

namespace scission::runtime {

double SweepSetting::rate(const std::string& one_end, const std::string& other_end) const {
  double found = 0;
  for (const auto& [ends, rate] : rates) {
    const bool is_every = ends.first.empty();
    const bool is_this =
        ends == std::pair(one_end, other_end) || ends == std::pair(other_end, one_end);
    if (is_every || is_this) found = rate;
  }
  return found;
}

SweepSetting setting_of(const std::vector<SweepFactor>& factors, const std::vector<int>& levels) {
  SweepSetting setting;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const SweepFactor& factor = factors[i];
    const double value = factor.values.at(static_cast<std::size_t>(levels.at(i)));
    if (factor.kind == FactorKind::link_rate) {
      setting.rates.push_back({{factor.one_end, factor.other_end}, value});
    } else {
      StressLevel& stress = setting.stress[factor.system];
      const bool is_cpu = factor.kind == FactorKind::cpu_stress;
      (is_cpu ? stress.cpu_percent : stress.memory_percent) = static_cast<int>(value);
    }
  }
  return setting;
}

}  // namespace scission::runtime
