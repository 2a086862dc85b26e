#include "stats/sample_worth.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "scission/base/error.hpp"

namespace scission {
namespace {

double worth(double effective, const Samples& samples) {
  const auto count = static_cast<double>(samples.size());
  return effective > 0 ? std::clamp(effective, 1.0, count) : count;
}

}  // namespace

Samples sorted_samples(Samples samples) {
  if (samples.empty()) throw Error(ErrorCode::invalid_argument, "no samples to compare");
  std::sort(samples.begin(), samples.end());
  return samples;
}

double Worth::deviation() const { return std::sqrt(pairs() * (before + after + 1) / 12); }

Worth worth_of(const Samples& before, const Samples& after, EffectiveCounts counts) {
  return {worth(counts.before, before), worth(counts.after, after)};
}

double two_sided(double z) { return std::erfc(z / std::numbers::sqrt2); }

}  // namespace scission
