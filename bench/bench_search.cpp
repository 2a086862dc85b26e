// How long the search takes in process, and how that grows with blocks, systems and results.
//
// Instances look like measured ones: block costs fall and output sizes shrink as in a CNN, systems'
// speeds are log-uniform over 50×, each block 20 % off, links log-uniform over 1 Mbit/s to 1 Gbit/s
// and 1 to 100 ms. Everything is seeded.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "scission/search.hpp"

namespace {

using namespace scission;

double log_uniform(std::mt19937& random, double low, double high) {
  return std::exp(std::uniform_real_distribution<double>(std::log(low), std::log(high))(random));
}

std::vector<Block> cnn_like_blocks(int count) {
  std::vector<Block> blocks;
  for (int i = 0; i < count; ++i) {
    const double depth = static_cast<double>(i) / count;
    blocks.push_back({i, i, static_cast<std::int64_t>(3.2e6 * std::exp2(-std::floor(8 * depth)))});
  }
  return blocks;
}

PartitionProblem cnn_like(int block_count, int platform_count, int systems_a_platform) {
  std::mt19937 random(42);
  std::normal_distribution<double> spread(1.0, 0.2);
  PartitionProblem problem;
  problem.model = "cnn";
  problem.blocks = cnn_like_blocks(block_count);
  for (int platform = 0; platform < platform_count; ++platform) {
    problem.platforms.push_back("p" + std::to_string(platform));
    for (int i = 0; i < systems_a_platform; ++i) {
      problem.systems.push_back(
          {problem.platforms.back() + "s" + std::to_string(i), problem.platforms.back()});
      const double seconds = log_uniform(random, 0.02, 1.0) / block_count;
      std::vector<double>& times = problem.block_s.emplace_back();
      for (int block = 0; block < block_count; ++block) {
        times.push_back(seconds * std::max(0.1, spread(random)));
      }
    }
  }
  const std::size_t pairs = problem.systems.size() * problem.systems.size();
  for (std::size_t i = 0; i < pairs; ++i) {
    problem.links.push_back(Link{log_uniform(random, 1, 100), log_uniform(random, 1, 1000)});
  }
  return problem;
}

void run(benchmark::State& state, const PartitionProblem& problem, int result_count) {
  Query query;
  query.result_count = result_count;
  for (auto _ : state) benchmark::DoNotOptimize(search(problem, query));
}

// 92 blocks, 5 systems on 3 platforms, top 5: the size of the original's mobilenet question.
void mobilenet_sized(benchmark::State& state) {
  PartitionProblem problem = cnn_like(92, 3, 2);
  problem.systems.erase(problem.systems.begin());
  problem.block_s.erase(problem.block_s.begin());
  problem.links.resize(25);
  run(state, problem, 5);
}

void by_blocks(benchmark::State& state) {
  run(state, cnn_like(static_cast<int>(state.range(0)), 4, 4), 10);
  state.SetComplexityN(state.range(0));
}

void by_systems(benchmark::State& state) {
  run(state, cnn_like(200, 4, static_cast<int>(state.range(0)) / 4), 10);
  state.SetComplexityN(state.range(0));
}

void by_results(benchmark::State& state) {
  run(state, cnn_like(200, 4, 4), static_cast<int>(state.range(0)));
  state.SetComplexityN(state.range(0));
}

BENCHMARK(mobilenet_sized)->Unit(benchmark::kMicrosecond);
BENCHMARK(by_blocks)
    ->RangeMultiplier(4)
    ->Range(64, 16384)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(by_systems)
    ->RangeMultiplier(2)
    ->Range(4, 128)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();
BENCHMARK(by_results)
    ->RangeMultiplier(10)
    ->Range(1, 10000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity();

}  // namespace
