#include "measure/estimates.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "base/numbers.hpp"
#include "scission/profile.hpp"
#include "stats/distributions.hpp"

namespace scission {
namespace {

void add(std::vector<double>& sums, const std::vector<double>& seconds) {
  std::transform(sums.begin(), sums.end(), seconds.begin(), sums.begin(), std::plus<>());
}

constexpr int resamples = 1000;

using Weights = Eigen::RowVectorXd;  ///< [round], sum 1

Eigen::MatrixXd to_matrix(const Samples& samples) {
  Eigen::MatrixXd blocks(samples.rounds(), samples.blocks.size());
  for (std::size_t i = 0; i < samples.blocks.size(); ++i) {
    blocks.col(static_cast<Eigen::Index>(i)) = Eigen::Map<const Eigen::VectorXd>(
        samples.blocks[i].data(), static_cast<Eigen::Index>(samples.rounds()));
  }
  return blocks;
}

std::vector<std::size_t> order_of(const std::vector<double>& seconds) {
  std::vector<std::size_t> order(seconds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return seconds[a] < seconds[b]; });
  return order;
}

// Equal weights for the middle half of the drawn rounds; round i was drawn counts[i] times.
Weights middle_half_weights(const std::vector<std::size_t>& order, const std::vector<int>& counts) {
  const int n = std::accumulate(counts.begin(), counts.end(), 0);
  const int first = n / 4;
  const int end = n - n / 4;
  Weights weights = Weights::Zero(static_cast<Eigen::Index>(order.size()));
  int position = 0;
  for (const std::size_t round : order) {
    const int low = std::max(position, first);
    position += counts[round];
    const int inside = std::min(position, end) - low;
    if (inside > 0) weights[static_cast<Eigen::Index>(round)] = inside;
  }
  return weights / (end - first);
}

// Length of the runs that are resampled: the rounds per effective sample, and at least n^(1/3), the
// rate at which the bootstrap is consistent.
std::size_t run_length(const std::vector<double>& chains) {
  const auto n = static_cast<double>(chains.size());
  const double length = std::max(std::cbrt(n), n / effective_count(chains));
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(length)), 1,
                                 std::max<std::size_t>(1, chains.size() / 4));
}

// Draws rounds with replacement, in runs; the last round is followed by the first.
std::vector<int> draw(std::size_t rounds, std::size_t run, std::mt19937_64& random) {
  std::vector<int> counts(rounds, 0);
  for (std::size_t drawn = 0; drawn < rounds;) {
    std::size_t round = random() % rounds;
    for (std::size_t i = 0; i < run && drawn < rounds; ++i, ++drawn) {
      ++counts[round];
      round = (round + 1) % rounds;
    }
  }
  return counts;
}

Interval interval_around(double estimate, std::vector<double> drawn, std::size_t rounds) {
  if (rounds < 2) return {estimate, estimate};
  const auto n = static_cast<double>(rounds);
  const double wider = std::sqrt(n / (n - 1));
  const auto end = [&](double q) {
    return std::max(0.0, estimate + (quantile(drawn, q) - estimate) * wider);
  };
  return {std::min(estimate, end(0.025)), std::max(estimate, end(0.975))};
}

std::vector<double> to_vector(const Eigen::Ref<const Eigen::VectorXd>& values) {
  return {values.begin(), values.end()};
}

struct Draws {
  Eigen::MatrixXd chain_weights;  ///< [resample, round]
  Eigen::MatrixXd whole_weights;
};

Draws draw_all(const std::vector<std::size_t>& chain_order,
               const std::vector<std::size_t>& whole_order, std::size_t run) {
  const std::size_t rounds = chain_order.size();
  Draws draws{Eigen::MatrixXd(resamples, rounds), Eigen::MatrixXd(resamples, rounds)};
  std::mt19937_64 random(1);
  for (int i = 0; i < resamples; ++i) {
    const std::vector<int> counts = draw(rounds, run, random);
    draws.chain_weights.row(i) = middle_half_weights(chain_order, counts);
    draws.whole_weights.row(i) = middle_half_weights(whole_order, counts);
  }
  return draws;
}

double mean(const std::vector<TimeEstimate>& passes) {
  double sum = 0;
  for (const TimeEstimate& pass : passes) sum += pass.seconds;
  return sum / static_cast<double>(passes.size());
}

// Standard deviation of two or more passes.
double deviation(const std::vector<TimeEstimate>& passes) {
  const double centre = mean(passes);
  double squares = 0;
  for (const TimeEstimate& pass : passes) squares += std::pow(pass.seconds - centre, 2);
  return std::sqrt(squares / static_cast<double>(passes.size() - 1));
}

// t · s / √P.
double half_width_between(const std::vector<TimeEstimate>& passes) {
  const auto count = static_cast<double>(passes.size());
  return student_quantile(0.025, count - 1) * deviation(passes) / std::sqrt(count);
}

// Half-width of the mean of independent estimates with these half-widths.
template <typename HalfWidth>
double half_width_within(const std::vector<TimeEstimate>& passes, HalfWidth half_width) {
  double squares = 0;
  for (const TimeEstimate& pass : passes) squares += std::pow(half_width(pass), 2);
  return std::sqrt(squares) / static_cast<double>(passes.size());
}

std::vector<double> part(const std::vector<double>& samples, std::size_t first, int rounds) {
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + rounds};
}

std::vector<Estimates> estimate_passes(const ModelProfile& profile) {
  std::vector<Estimates> estimates;
  std::size_t first = 0;
  for (const int rounds : profile.passes) {
    Samples samples;
    samples.whole = part(profile.whole_samples, first, rounds);
    for (const BlockTiming& timing : profile.blocks) {
      samples.blocks.push_back(part(timing.samples, first, rounds));
    }
    estimates.push_back(estimate(samples));
    first += static_cast<std::size_t>(rounds);
  }
  return estimates;
}

// The same quantity from every pass.
template <typename Figure>
std::vector<TimeEstimate> of_each(const std::vector<Estimates>& passes, Figure figure) {
  std::vector<TimeEstimate> figures;
  figures.reserve(passes.size());
  for (const Estimates& pass : passes) figures.push_back(figure(pass));
  return figures;
}

TimeEstimate ratio_of(const Estimates& pass) {
  const double sum = std::accumulate(
      pass.blocks.begin(), pass.blocks.end(), 0.0,
      [](double so_far, const TimeEstimate& block) { return so_far + block.seconds; });
  return {sum / pass.whole.seconds, pass.sum_ratio};
}

// Centred on the ratio of the means, which a reader can recompute, not on the mean of the ratios.
Interval ratio_interval(const ModelProfile& profile, const std::vector<Estimates>& passes) {
  const bool is_known = std::all_of(passes.begin(), passes.end(),
                                    [](const Estimates& pass) { return pass.whole.seconds > 0; });
  if (!is_known) return {};
  return pooled_interval(profile.blocks_seconds() / profile.whole_seconds,
                         of_each(passes, ratio_of));
}

}  // namespace

std::vector<double> Samples::chains() const {
  std::vector<double> sums(rounds(), 0.0);
  for (const std::vector<double>& block : blocks) add(sums, block);
  return sums;
}

std::vector<double> Samples::totals() const {
  std::vector<double> sums = chains();
  add(sums, whole);
  return sums;
}

Estimates estimate(const Samples& samples) {
  const std::size_t rounds = samples.rounds();
  const std::vector<double> chains = samples.chains();
  const std::vector<std::size_t> chain_order = order_of(chains);
  const std::vector<std::size_t> whole_order = order_of(samples.whole);
  const Eigen::MatrixXd blocks = to_matrix(samples);
  const Eigen::Map<const Eigen::VectorXd> whole(samples.whole.data(),
                                                static_cast<Eigen::Index>(rounds));
  const std::vector<int> once(rounds, 1);
  const Eigen::RowVectorXd block_means = middle_half_weights(chain_order, once) * blocks;
  const double whole_mean = middle_half_weights(whole_order, once) * whole;

  const Draws draws = draw_all(chain_order, whole_order, run_length(chains));
  const Eigen::MatrixXd drawn_blocks = draws.chain_weights * blocks;
  const Eigen::VectorXd drawn_whole = draws.whole_weights * whole;
  Estimates result;
  result.whole = {whole_mean, interval_around(whole_mean, to_vector(drawn_whole), rounds)};
  for (Eigen::Index i = 0; i < blocks.cols(); ++i) {
    result.blocks.push_back(
        {block_means[i], interval_around(block_means[i], to_vector(drawn_blocks.col(i)), rounds)});
  }
  if (whole_mean > 0) {
    const Eigen::VectorXd ratios = drawn_blocks.rowwise().sum().cwiseQuotient(drawn_whole);
    result.sum_ratio = interval_around(block_means.sum() / whole_mean, to_vector(ratios), rounds);
  }
  return result;
}

Interval pooled_interval(double centre, const std::vector<TimeEstimate>& passes) {
  if (passes.size() == 1) return passes.front().interval;
  const double between = half_width_between(passes);
  const double below = half_width_within(
      passes, [](const TimeEstimate& pass) { return pass.seconds - pass.interval.low; });
  const double above = half_width_within(
      passes, [](const TimeEstimate& pass) { return pass.interval.high - pass.seconds; });
  return {std::max(0.0, centre - std::max(below, between)), centre + std::max(above, between)};
}

TimeEstimate pooled_estimate(const std::vector<TimeEstimate>& passes) {
  const double centre = mean(passes);
  return {centre, pooled_interval(centre, passes)};
}

std::vector<TimeEstimate> summarise_samples(ModelProfile& profile) {
  const std::vector<Estimates> passes = estimate_passes(profile);
  std::vector<TimeEstimate> wholes =
      of_each(passes, [](const Estimates& pass) { return pass.whole; });
  const TimeEstimate whole = pooled_estimate(wholes);
  profile.whole = summarise(profile.whole_samples);
  profile.whole_seconds = whole.seconds;
  profile.whole_interval = whole.interval;
  const bool varies = wholes.size() > 1 && whole.seconds > 0;
  profile.pass_deviation = varies ? deviation(wholes) / whole.seconds : 0;
  for (std::size_t i = 0; i < profile.blocks.size(); ++i) {
    BlockTiming& timing = profile.blocks[i];
    const TimeEstimate block =
        pooled_estimate(of_each(passes, [i](const Estimates& pass) { return pass.blocks[i]; }));
    timing.summary = summarise(timing.samples);
    timing.seconds = block.seconds;
    timing.interval = block.interval;
  }
  profile.sum_ratio_interval = ratio_interval(profile, passes);
  return wholes;
}

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
  return profile.precision().value_or(infinity);
}

int next_precision_check(int rounds) { return rounds + std::max(1, rounds / 10); }

}  // namespace scission
