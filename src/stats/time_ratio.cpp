// By which factor times differ, and how sure that is.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "scission/base/error.hpp"
#include "stats/sample_worth.hpp"

namespace scission {
namespace {

constexpr double interval_sigmas = 1.959963984540054;  // of a 95 % interval, to each side
constexpr double least_time_s = 1e-9;

Samples logarithms(const Samples& ascending) {
  Samples logs;
  logs.reserve(ascending.size());
  for (const double sample : ascending) logs.push_back(std::log(std::max(sample, least_time_s)));
  return logs;
}

// How many of the differences after − before are at most `limit`.
double differences_up_to(double limit, const Samples& before, const Samples& after) {
  double count = 0;
  auto first = before.begin();
  for (const double sample : after) {
    while (first != before.end() && sample - *first > limit) ++first;
    count += static_cast<double>(before.end() - first);
  }
  return count;
}

// The rank-th smallest of all differences after − before, counted from 1, by bisection: the list
// of all of them may be too long.
double difference_of_rank(double rank, const Samples& before, const Samples& after) {
  double low = after.front() - before.back();
  double high = after.back() - before.front();
  if (differences_up_to(low, before, after) >= rank) return low;
  constexpr int steps = 60;  // halves what is left to less than a double tells apart
  for (int step = 0; step < steps && low < high; ++step) {
    const double middle = std::midpoint(low, high);
    (differences_up_to(middle, before, after) >= rank ? high : low) = middle;
  }
  return high;
}

double median_difference(const Samples& before, const Samples& after) {
  const double pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  return std::midpoint(difference_of_rank(std::floor((pairs + 1) / 2), before, after),
                       difference_of_rank(std::ceil((pairs + 1) / 2), before, after));
}

Interval difference_interval(const Samples& before, const Samples& after, const Worth& counts) {
  const double pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  const double share = 0.5 - interval_sigmas * counts.deviation() / counts.pairs();
  const double rank = std::clamp(std::floor(share * pairs), 1.0, pairs);
  return {difference_of_rank(rank, before, after),
          difference_of_rank(pairs + 1 - rank, before, after)};
}

double relative_error(const Estimate& estimate) {
  const double width = estimate.interval.high - estimate.interval.low;
  if (!(estimate.value > 0) || !(width > 0)) {
    throw Error(ErrorCode::invalid_argument, "needs times above 0 with intervals to compare");
  }
  return width / (2 * interval_sigmas) / estimate.value;
}

}  // namespace

Ratio ratio_of_samples(const std::vector<double>& before, const std::vector<double>& after,
                       EffectiveCounts counts) {
  const Samples first = logarithms(sorted_samples(before));
  const Samples second = logarithms(sorted_samples(after));
  const Worth independent = worth_of(first, second, counts);
  const Interval interval = difference_interval(first, second, independent);
  return {std::exp(median_difference(first, second)),
          {std::exp(interval.low), std::exp(interval.high)}};
}

IntervalTest interval_test(const Estimate& before, const Estimate& after) {
  const double error = std::hypot(relative_error(before), relative_error(after));
  const double difference = std::log(after.value / before.value);
  const double reach = interval_sigmas * error;
  return {two_sided(std::abs(difference) / error),
          {std::exp(difference), {std::exp(difference - reach), std::exp(difference + reach)}}};
}

}  // namespace scission
