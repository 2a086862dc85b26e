#include "questions.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "instances.hpp"

namespace scission::bench {
namespace {

constexpr int instances = 9;

double total_s(const PartitionProblem& problem, int system) {
  const std::vector<double>& times = problem.block_s[system];
  return std::accumulate(times.begin(), times.end(), 0.0);
}

std::string marked(const PartitionProblem& problem, int system) {
  return "@" + problem.systems[system].name;
}

// The median system by speed, or the first slower one whose platform the best plan runs nothing on.
int source_to_leave(const PartitionProblem& problem, Query query) {
  std::vector<int> systems(problem.system_count());
  std::iota(systems.begin(), systems.end(), 0);
  std::sort(systems.begin(), systems.end(),
            [&](int a, int b) { return total_s(problem, a) < total_s(problem, b); });
  for (auto i = systems.size() / 2; i < systems.size(); ++i) {
    query.sources = {marked(problem, systems[i])};
    const Plan best = search(problem, query).plans.at(0);
    const int platform = problem.platform_of(systems[i]);
    const bool is_left = std::none_of(
        best.stages.begin(), best.stages.end(),
        [&](const Stage& stage) { return problem.platform_of(stage.system) == platform; });
    if (is_left) return systems[i];
  }
  throw std::runtime_error("every source's platform runs something itself");
}

// The use of a platform by a plan: its share of the computing, and the largest memory of a system.
struct Use {
  double share = 0;
  double memory_bytes = 0;
};

Use use_of(const PartitionProblem& problem, const Query& query, const std::string& platform) {
  const Plan best = search(problem, query).plans.at(0);
  const PlanCost total = plan_cost(problem, best, query.input_bytes);
  Use use;
  for (std::size_t i = 0; i < best.stages.size(); ++i) {
    const int system = best.stages[i].system;
    if (problem.systems[system].platform != platform) continue;
    use.share += total.stage_s[i] / total.compute_s;
    use.memory_bytes = std::max(use.memory_bytes, plan_memory_bytes(problem, best, system));
  }
  return use;
}

// The platform that does most of the best plan's computing.
std::string busiest_platform(const PartitionProblem& problem, const Query& query) {
  const auto share = [&](const std::string& name) { return use_of(problem, query, name).share; };
  return *std::max_element(
      problem.platforms.begin(), problem.platforms.end(),
      [&](const std::string& a, const std::string& b) { return share(a) < share(b); });
}

// A part of what the best plan so far does; of what the first did where it does nothing there.
double part_of(double now, double at_first) { return 0.6 * (now > 0 ? now : at_first); }

Question mobilenet_question(unsigned) { return {mobilenet(), Query{}}; }

Question each_once_100(unsigned seed) { return {cnn_like(100, 10, seed), any_order(100, false)}; }

Question revisits_1000(unsigned seed) { return {cnn_like(1000, 64, seed), any_order(100, true)}; }

Question each_once_1000(unsigned seed) { return {cnn_like(1000, 64, seed), any_order(10, false)}; }

Question coded(Question question, unsigned seed) {
  add_codecs(question.problem, seed);
  question.query.codecs = {"all"};
  return question;
}

Question coded_1000(unsigned seed) { return coded(revisits_1000(seed), seed); }

Question coded_limit_1000(unsigned seed) {
  Question question = coded(revisits_1000(seed), seed);
  question.query.result_count = 10;
  question.query.limits.error = 0.012;
  return question;
}

Question limited_1000(unsigned seed) { return with_limits(cnn_like(1000, 64, seed), 10); }

Question replanned_100(unsigned seed) { return {cnn_like(100, 10, seed), any_order(1, false)}; }

}  // namespace

Query any_order(int result_count, bool revisit) {
  Query query;
  query.route = Route::any_order;
  query.can_revisit = revisit;
  query.result_count = result_count;
  return query;
}

Question with_limits(PartitionProblem problem, int result_count) {
  Query query = any_order(1, false);
  query.input_bytes = 600'000;
  const std::string source = marked(problem, source_to_leave(problem, query));
  query.sources = {source};
  const std::string platform = busiest_platform(problem, query);
  const Use free = use_of(problem, query, platform);
  query.constraints[source].upload_bytes = 300'000;
  const Use without_upload = use_of(problem, query, platform);
  query.constraints[platform].memory_bytes =
      part_of(without_upload.memory_bytes, free.memory_bytes);
  const Use without_memory = use_of(problem, query, platform);
  query.constraints[platform].compute = TimeLimit{part_of(without_memory.share, free.share), true};
  query.result_count = result_count;
  return {std::move(problem), std::move(query)};
}

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"mobilenet", "92 blocks, 5 systems, platforms' order, top 5", 200e-6, 1, false,
       mobilenet_question},
      {"each_once_100x10", "100 blocks, 10 systems, any order, each once, top 100", 5e-3, instances,
       false, each_once_100},
      {"revisits_1000x64", "1000 blocks, 64 systems, any order, revisits, top 100", 60e-3,
       instances, false, revisits_1000},
      {"coded_1000x64", "the same with 8 codecs", 120e-3, instances, false, coded_1000},
      {"coded_limit_1000x64", "the same, top 10, with a limit on the error", 1.0, instances, false,
       coded_limit_1000},
      {"each_once_1000x64", "1000 blocks, 64 systems, any order, each once, top 10", 250e-3,
       instances, false, each_once_1000},
      {"limits_1000x64", "the same with a percentage, an upload and a memory limit", 1.0, instances,
       false, limited_1000},
      {"replan_100x10", "100 blocks, 10 systems, each once, one link changed, top 1", 100e-6,
       instances, true, replanned_100}};
  return all;
}

}  // namespace scission::bench
