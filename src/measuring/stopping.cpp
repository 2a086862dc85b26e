#include "measuring/stopping.hpp"

#include <algorithm>
#include <limits>

#include "scission/statistics.hpp"

namespace scission {
namespace {

constexpr double share_that_matters = 0.01;
constexpr std::size_t least_rounds = 6;  ///< 2 · 2^-6 is the first below 5 %

double width_of_median(const Summary& summary) {
  return summary.median > 0 ? (summary.interval.high - summary.interval.low) / summary.median : 0;
}

}  // namespace

bool is_steady(const std::vector<double>& totals, double tolerance) {
  if (totals.size() < 3) return false;
  const auto last_two = totals.end() - 2;
  const double fastest_before = *std::min_element(totals.begin(), last_two);
  return *std::min_element(last_two, totals.end()) >= fastest_before * (1 - tolerance);
}

double widest_interval(const Samples& samples) {
  if (samples.rounds() < least_rounds) return std::numeric_limits<double>::infinity();
  std::vector<Summary> blocks;
  double sum = 0;
  for (const std::vector<double>& block : samples.blocks) {
    blocks.push_back(summarize(block));
    sum += blocks.back().median;
  }
  double widest = width_of_median(summarize(samples.whole));
  for (const Summary& block : blocks) {
    if (block.median > share_that_matters * sum) widest = std::max(widest, width_of_median(block));
  }
  return widest;
}

int next_look(int rounds) { return rounds + std::max(1, rounds / 10); }

}  // namespace scission
