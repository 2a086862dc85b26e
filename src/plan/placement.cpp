#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/require.hpp"
#include "plan/plan_file.hpp"
#include "scission/base/error.hpp"

namespace scission {

namespace {

int system_index(const PartitionProblem& problem, const std::string& name) {
  const auto found = std::find_if(problem.systems.begin(), problem.systems.end(),
                                  [&](const System& system) { return system.name == name; });
  if (found != problem.systems.end()) return static_cast<int>(found - problem.systems.begin());
  throw Error(ErrorCode::mismatch, "has no profile of this model", name);
}

int block_ending_at(const PartitionProblem& problem, int layer) {
  const auto found = std::find_if(problem.blocks.begin(), problem.blocks.end(),
                                  [&](const Block& block) { return block.last_layer == layer; });
  if (found != problem.blocks.end()) return static_cast<int>(found - problem.blocks.begin());
  throw Error(ErrorCode::mismatch,
              "the profiles have no cut there; measure them again with these options",
              fmt::format("layer {}", layer));
}

}  // namespace

std::vector<Placement> read_placements(const std::filesystem::path& path) {
  const std::string place = path.string();
  const nlohmann::json document = parse_json(read_file(path), place);
  check_plan_format(document, place);
  const JsonField json(document, place);
  const JsonField plans = json.at("plans");
  const std::vector<JsonField> all = plans.elements();
  if (all.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "holds no plan: none met its query; ask scission-predict with fewer limits", place);
  }
  const JsonField stages = all.front().at("stages");
  return read_placements(stages);
}

std::vector<Placement> placements_of(const PartitionProblem& problem, const Plan& plan) {
  std::vector<Placement> placements;
  for (const Stage& stage : plan.stages) {
    const std::size_t first = require_in(problem.blocks, stage.first_block, "block", "plan");
    const std::size_t last = require_in(problem.blocks, stage.last_block, "block", "plan");
    const std::size_t system = require_in(problem.systems, stage.system, "system", "plan");
    placements.push_back({problem.blocks[first].first_layer, problem.blocks[last].last_layer,
                          problem.systems[system].name});
  }
  return placements;
}

Plan plan_from_placements(const PartitionProblem& problem, const std::vector<Placement>& placements,
                          const std::string& source) {
  Plan plan;
  plan.source = system_index(problem, source);
  int first = 0;
  for (const Placement& placement : placements) {
    const int last = block_ending_at(problem, placement.last_layer);
    plan.stages.push_back({system_index(problem, placement.system), first, last});
    first = last + 1;
  }
  return plan;
}

}  // namespace scission
