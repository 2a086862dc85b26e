#include "measure/stopping.hpp"

#include <algorithm>
#include <limits>

#include "scission/profile/profile.hpp"

namespace scission {
bool is_steady(const std::vector<double>& totals, double tolerance) {
  if (totals.size() < 3) return false;
  const auto last_two = totals.end() - 2;
  const double fastest_before = *std::min_element(totals.begin(), last_two);
  return *std::min_element(last_two, totals.end()) >= fastest_before * (1 - tolerance);
}

double widest_interval(const Samples& samples) {
  ModelProfile profile;
  profile.whole = summarise(samples.whole);
  profile.blocks.resize(samples.blocks.size());
  for (std::size_t i = 0; i < samples.blocks.size(); ++i) {
    profile.blocks[i].summary = summarise(samples.blocks[i]);
  }
  return profile.precision().value_or(std::numeric_limits<double>::infinity());
}

int next_look(int rounds) { return rounds + std::max(1, rounds / 10); }

}  // namespace scission
