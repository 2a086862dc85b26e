#include "support/random_problem.hpp"

namespace scission::testing {
namespace {

int uniform(std::mt19937& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

bool chance(std::mt19937& random, double probability) {
  return std::bernoulli_distribution(probability)(random);
}

// 2^17 bytes a second at 1.048576 Mbit/s and 1/8 s at 125 ms: exact in binary.
Link random_link(std::mt19937& random) {
  return {125.0 * uniform(random, 0, 3), 1.048576 * (1 << uniform(random, 0, 3))};
}

std::vector<std::string> some_systems(std::mt19937& random, const PartitionProblem& problem,
                                      const std::string& platform) {
  std::vector<std::string> names;
  for (const System& system : problem.systems) {
    if (system.platform == platform && chance(random, 0.5)) names.push_back(system.name);
  }
  return names;
}

Criteria random_criteria(std::mt19937& random, const PartitionProblem& problem,
                         const std::string& platform) {
  Criteria criteria;
  if (chance(random, 0.2)) criteria.layers.push_back(uniform(random, 0, problem.last_layer()));
  if (chance(random, 0.2)) {
    criteria.excluded_layers.push_back(uniform(random, 0, problem.last_layer()));
  }
  if (chance(random, 0.2)) criteria.used = chance(random, 0.5);
  if (chance(random, 0.15)) criteria.systems = some_systems(random, problem, platform);
  if (chance(random, 0.15)) criteria.excluded_systems = some_systems(random, problem, platform);
  return criteria;
}

}  // namespace

PartitionProblem random_problem(std::mt19937& random) {
  PartitionProblem problem;
  problem.model = "random";
  const int platform_count = uniform(random, 1, 4);
  for (int platform = 0; platform < platform_count; ++platform) {
    const std::string name(1, static_cast<char>('a' + platform));
    problem.platforms.push_back(name);
    const int systems = uniform(random, platform == 0 ? 1 : 0, 3);
    for (int i = 0; i < systems; ++i) problem.systems.push_back({name + std::to_string(i), name});
  }
  const int block_count = uniform(random, 1, 8);
  int layer = 0;
  for (int block = 0; block < block_count; ++block) {
    const int last = layer + uniform(random, 0, 2);
    problem.blocks.push_back({layer, last, 1024LL * uniform(random, 0, 64)});
    layer = last + 1;
  }
  for (std::size_t system = 0; system < problem.systems.size(); ++system) {
    problem.block_s.emplace_back();
    for (int block = 0; block < block_count; ++block) {
      problem.block_s.back().push_back(uniform(random, 0, 8) / 16.0);
    }
  }
  for (std::size_t i = 0; i < problem.systems.size() * problem.systems.size(); ++i) {
    problem.links.push_back(chance(random, 0.9) ? std::optional(random_link(random))
                                                : std::nullopt);
  }
  return problem;
}

Query random_query(std::mt19937& random, const PartitionProblem& problem) {
  Query query;
  query.input_bytes = 1024.0 * uniform(random, 0, 64);
  query.result_count = uniform(random, 1, 40);
  for (const std::string& platform : problem.platforms) {
    if (chance(random, 0.4)) continue;
    PlatformConstraints& constraints = query.platforms[platform];
    constraints.criteria = random_criteria(random, problem, platform);
    if (chance(random, 0.2)) constraints.upload_bytes = 1024.0 * uniform(random, 0, 64);
    if (chance(random, 0.15)) constraints.compute = TimeLimit{uniform(random, 0, 16) / 8.0, false};
    if (chance(random, 0.15)) constraints.compute = TimeLimit{uniform(random, 0, 8) / 8.0, true};
  }
  return query;
}

}  // namespace scission::testing
