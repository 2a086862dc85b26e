#include "scission/plan.hpp"

#include <fmt/format.h>

#include "scission/error.hpp"

namespace scission {
namespace {

void require_system(const PartitionProblem& problem, int system) {
  if (system >= 0 && system < problem.system_count()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("there is no system {}; there are {}", system, problem.system_count()),
              "plan for " + problem.model);
}

void require_cover(const PartitionProblem& problem, const Plan& plan) {
  require_system(problem, plan.source);
  for (const Stage& stage : plan.stages) require_system(problem, stage.system);
  int next_block = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.first_block != next_block || stage.last_block < stage.first_block) break;
    next_block = stage.last_block + 1;
  }
  if (next_block != problem.block_count()) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("the stages must cover blocks 0 to {} in order", problem.block_count() - 1),
        "plan for " + problem.model);
  }
}

Hop make_hop(const PartitionProblem& problem, int from, int to, double bytes) {
  const std::optional<Link>& link = problem.link(from, to);
  if (!link) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no link from {} to {}", problem.systems[from].name, problem.systems[to].name),
        "plan for " + problem.model);
  }
  return {from, to, bytes, link->transfer_s(bytes)};
}

}  // namespace

PlanCost cost(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  require_cover(problem, plan);
  PlanCost total;
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    if (stage.system != at) {
      const double bytes = problem.bytes_into(stage.first_block, input_bytes);
      total.hops.push_back(make_hop(problem, at, stage.system, bytes));
      total.transfer_s += total.hops.back().seconds;
      total.traffic_bytes += bytes;
      at = stage.system;
    }
    double stage_s = 0;
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      stage_s += problem.block_s.at(stage.system).at(block);
    }
    total.stage_s.push_back(stage_s);
    total.compute_s += stage_s;
  }
  total.latency_s = total.compute_s + total.transfer_s;
  return total;
}

}  // namespace scission
