#include "measure/estimates.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace scission {
namespace {

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

// Equal weights on the middle half of the rounds, of which the i-th was drawn counts[i] times.
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

// How long the runs of neighbours are: as long as rounds resemble each other, and n^(1/3) at least,
// which is the rate that makes the bootstrap consistent.
std::size_t run_length(const std::vector<double>& chains) {
  const auto n = static_cast<double>(chains.size());
  const double length = std::max(std::cbrt(n), n / effective_count(chains));
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(length)), 1,
                                 std::max<std::size_t>(1, chains.size() / 4));
}

// Draws rounds with replacement, in runs; the last round's neighbour is the first.
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

}  // namespace

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

}  // namespace scission
