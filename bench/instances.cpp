#include "instances.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>

#include "scission/profile.hpp"

namespace scission::bench {
namespace {

constexpr int halvings = 8;  // of a CNN's outputs from its first layer to its last

double uniform(std::mt19937& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

double log_uniform(std::mt19937& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}

double depth_scale(int block, int block_count) {
  return std::exp2(std::floor(static_cast<double>(halvings) * block / block_count));
}

// A convolution, its normalisation, its activation.
double work_of(int block) { return std::vector<double>{1, 0.15, 0.1}[block % 3]; }

void add_cnn_blocks(PartitionProblem& problem, int count, std::mt19937& random) {
  double weights = 0;
  double input_bytes = 6e5;
  for (int i = 0; i < count; ++i) {
    const double scale = depth_scale(i, count);
    const double output_bytes = std::round(3.2e6 / scale * log_uniform(random, 0.5, 2));
    problem.blocks.push_back({i, i, static_cast<std::int64_t>(output_bytes)});
    const double block_weights = i % 3 == 0 ? scale * log_uniform(random, 0.5, 2) : 0;
    problem.memory.push_back({block_weights, input_bytes + output_bytes});
    weights += block_weights;
    input_bytes = output_bytes;
  }
  for (BlockMemory& memory : problem.memory) {
    memory.weight_bytes = std::round(memory.weight_bytes * 1e8 / weights);
  }
}

void add_systems(PartitionProblem& problem, int count) {
  const int platform_count = std::min(4, count);
  for (int i = 0; i < platform_count; ++i) problem.platforms.push_back(fmt::format("p{}", i));
  for (int i = 0; i < count; ++i) {
    const std::string& platform = problem.platforms[i * platform_count / count];
    problem.systems.push_back({fmt::format("s{}", i), platform});
  }
}

void add_cnn_times(PartitionProblem& problem, std::mt19937& random) {
  const int count = problem.block_count();
  double work = 0;
  for (int block = 0; block < count; ++block) work += work_of(block);
  std::normal_distribution<double> spread(1.0, 0.2);
  for (int system = 0; system < problem.system_count(); ++system) {
    const double seconds = log_uniform(random, 0.02, 1.0) / work;
    std::vector<double>& times = problem.block_s.emplace_back();
    for (int block = 0; block < count; ++block) {
      times.push_back(seconds * work_of(block) * std::max(0.1, spread(random)));
    }
  }
}

std::filesystem::path published_folder() {
  const char* from_environment = std::getenv("SCISSION_UPSTREAM_DIR");
  const std::filesystem::path upstream =
      from_environment ? from_environment : SCISSION_UPSTREAM_DIR;
  return upstream / "scission" / "benchmark_data";
}

}  // namespace

PartitionProblem cnn_like(int block_count, int system_count, unsigned seed) {
  std::mt19937 random(seed);
  PartitionProblem problem;
  problem.model = "cnn";
  add_cnn_blocks(problem, block_count, random);
  add_systems(problem, system_count);
  add_cnn_times(problem, random);
  for (int pair = 0; pair < system_count * system_count; ++pair) {
    const double ping_ms = log_uniform(random, 1, 100);
    problem.links.emplace_back(Link{ping_ms, log_uniform(random, 1, 1000)});
  }
  return problem;
}

void add_codecs(PartitionProblem& problem, unsigned seed) {
  struct Kind {
    const char* name;
    double size;
    double bytes_per_s;
    double error;
  };
  constexpr Kind kinds[] = {{"fp16", 0.5, 2e9, 1e-4},        {"fp16+zstd", 0.4, 0.3e9, 1e-4},
                            {"int4", 0.125, 1.5e9, 0.1},     {"int8", 0.25, 1.8e9, 0.01},
                            {"int8+zstd", 0.2, 0.5e9, 0.01}, {"int8c+zstd", 0.18, 0.4e9, 0.005},
                            {"lz4", 0.85, 0.8e9, 0},         {"zstd", 0.8, 0.25e9, 0}};
  constexpr double picture_bytes = 150'000;
  std::mt19937 random(1000 + seed);
  std::vector<double> totals;
  for (const std::vector<double>& times : problem.block_s) {
    totals.push_back(std::accumulate(times.begin(), times.end(), 0.0));
  }
  std::vector<double> sorted = totals;
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted[sorted.size() / 2];
  for (const Kind& kind : kinds) {
    CodecCosts& codec = problem.codecs.emplace_back();
    codec.name = kind.name;
    codec.encode_s.resize(problem.systems.size());
    codec.decode_s.resize(problem.systems.size());
    for (int block = 0; block <= problem.block_count(); ++block) {
      const double raw = problem.bytes_into(block, picture_bytes);
      codec.bytes.push_back(raw * kind.size * uniform(random, 0.8, 1.2));
      codec.error.push_back(kind.error);
      for (std::size_t system = 0; system < problem.systems.size(); ++system) {
        const double seconds = raw / kind.bytes_per_s * totals[system] / median;
        codec.encode_s[system].push_back(seconds * uniform(random, 0.8, 1.2));
        codec.decode_s[system].push_back(seconds / 2 * uniform(random, 0.8, 1.2));
      }
    }
  }
}

PartitionProblem independent_costs(int block_count, int system_count, unsigned seed) {
  std::mt19937 random(seed);
  PartitionProblem problem;
  problem.model = "independent";
  for (int i = 0; i < block_count; ++i) {
    problem.blocks.push_back({i, i, 4096});
    problem.memory.push_back({uniform(random, 0, 2e8 / block_count), 1e5});
  }
  add_systems(problem, system_count);
  for (int system = 0; system < system_count; ++system) {
    std::vector<double>& times = problem.block_s.emplace_back();
    for (int i = 0; i < block_count; ++i) times.push_back(uniform(random, 0, 2.0 / block_count));
  }
  for (int pair = 0; pair < system_count * system_count; ++pair) {
    problem.links.emplace_back(Link{uniform(random, 0.001, 0.01), 10'000});
  }
  return problem;
}

bool has_published_data() { return std::filesystem::exists(published_folder()); }

PartitionProblem mobilenet() {
  if (!has_published_data()) return cnn_like(92, 5, 1);
  return make_problem(read_profiles(published_folder()),
                      read_network(published_folder() / "network_stats.csv"), "mobilenet");
}

}  // namespace scission::bench
