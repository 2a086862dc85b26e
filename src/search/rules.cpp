#include "search/rules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "search/validate.hpp"

namespace scission::search_detail {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

bool overlaps(const Block& block, int first_layer, int last_layer) {
  return block.first_layer <= last_layer && first_layer <= block.last_layer;
}

// "0-4", which a limit of --keep-on would be.
bool is_layer_range(const std::string& name) {
  return name.find('-') != std::string::npos &&
         name.find_first_not_of("0123456789-") == std::string::npos;
}

// Systems of the group that the criteria name; every one of the names must be of the group.
Group named_in(const PartitionProblem& problem, const Group& group,
               const std::vector<std::string>& names, const std::string& place) {
  Group named(problem.systems.size());
  for (const std::string& name : names) {
    int found = -1;
    std::vector<std::string> known;
    for (int system = 0; system < problem.system_count(); ++system) {
      if (!group.holds(system)) continue;
      known.push_back(problem.systems[system].name);
      if (problem.systems[system].name == name) found = system;
    }
    if (found < 0) {
      throw Error(ErrorCode::invalid_argument,
                  is_layer_range(name)
                      ? fmt::format("'{}' is no criterion: name each layer, as in 3,4, or keep a "
                                    "range of them on a system (--keep-on NAME {})",
                                    name, name)
                      : fmt::format("no system '{}'; {}", name, suggestion(name, known)),
                  place);
    }
    named.add(found);
  }
  return named;
}

}  // namespace

Rules::Rules(const PartitionProblem& problem, const Query& query)
    : in_platform_order(query.route == Route::platform_order),
      may_revisit(query.can_revisit),
      input_bytes(query.input_bytes),
      usable(problem.systems.size(), 1),
      may_hold(problem.systems.size(), 1),
      may_run(problem.systems.size() * problem.blocks.size(), 1),
      may_finish(problem.systems.size(), 1),
      platform_used(problem.platforms.size(), 0),
      memory_bytes(problem.systems.size(), no_limit),
      limits(query.limits) {
  validate(problem, query);
  for (int system = 0; system < problem.system_count(); ++system) {
    platform.push_back(problem.platform_of(system));
  }
  for (const auto& [name, constraints] : query.constraints) apply(problem, name, constraints);
  for (const KeepOn& keep_on : query.keep_on) keep(problem, keep_on);
  choose_ends(problem, query);
  limit_memory(problem);
  limit_stages(problem, query);
}

void Rules::apply(const PartitionProblem& problem, const std::string& name,
                  const Constraints& constraints) {
  const std::string place = "constraints on " + name;
  const Group group = group_named(problem, name, place);
  apply_criteria(problem, group, constraints.criteria, place);
  apply_limits(group, constraints);
  if (constraints.criteria.requires_use()) demand(problem, group);
}

void Rules::apply_criteria(const PartitionProblem& problem, const Group& group,
                           const Criteria& criteria, const std::string& place) {
  const Group named = named_in(problem, group, criteria.systems, place);
  const Group excluded = named_in(problem, group, criteria.excluded_systems, place);
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!group.holds(system)) continue;
    const bool allowed = !excluded.holds(system) && (named.size() == 0 || named.holds(system));
    if (!allowed) may_hold[system] = 0;
    if (!allowed || !criteria.is_used.value_or(true)) usable[system] = 0;
    for (int block = 0; block < problem.block_count(); ++block) {
      for (int layer : criteria.excluded_layers) {
        if (!overlaps(problem.blocks[block], layer, layer)) continue;
        may_run[system * problem.blocks.size() + block] = 0;
      }
    }
  }
  for (int layer : criteria.layers) want_layers(problem, group, layer, layer);
}

// Layers that are wanted in one place are forbidden in every other.
void Rules::want_layers(const PartitionProblem& problem, const Group& group, int first, int last) {
  for (int system = 0; system < problem.system_count(); ++system) {
    if (group.holds(system)) continue;
    for (int block = 0; block < problem.block_count(); ++block) {
      if (overlaps(problem.blocks[block], first, last)) {
        may_run[system * problem.blocks.size() + block] = 0;
      }
    }
  }
}

void Rules::apply_limits(const Group& group, const Constraints& constraints) {
  if (constraints.upload_bytes) uploads.push_back({group, *constraints.upload_bytes});
  if (constraints.compute) {
    (constraints.compute->is_share ? shares : computes)
        .push_back({group, constraints.compute->value});
  }
  if (!constraints.memory_bytes) return;
  for (std::size_t system = 0; system < memory_bytes.size(); ++system) {
    if (!group.holds(static_cast<int>(system))) continue;
    memory_bytes[system] = std::min(memory_bytes[system], *constraints.memory_bytes);
  }
}

// In the platforms' order a platform has one system of a plan: to demand one of its systems is to
// demand the platform and to forbid the others.
void Rules::demand(const PartitionProblem& problem, const Group& group) {
  if (!in_platform_order) {
    demands.push_back(group);
    return;
  }
  if (group.size() == 0) {
    demands.push_back(group);  // which nothing meets
    return;
  }
  int of = 0;  // a group is a platform or a part of one
  for (int system = 0; system < problem.system_count(); ++system) {
    if (group.holds(system)) of = platform[system];
  }
  platform_used[of] = 1;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (platform[system] == of && !group.holds(system)) usable[system] = 0;
  }
}

void Rules::keep(const PartitionProblem& problem, const KeepOn& keep_on) {
  const std::string place = "layers kept on " + keep_on.name;
  const Group group = group_named(problem, keep_on.name, place);
  want_layers(problem, group, keep_on.first_layer, keep_on.last_layer);
  if (keep_on.first_layer > 0) return;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!group.holds(system)) may_hold[system] = 0;
  }
}

void Rules::choose_ends(const PartitionProblem& problem, const Query& query) {
  const bool by_default = query.sources.empty();
  const Group named = group_of(problem, query.sources, "source");
  for (int system = 0; system < problem.system_count(); ++system) {
    const bool meant =
        by_default ? platform[system] == problem.source_platform() : named.holds(system);
    if (meant && may_hold[system]) sources.push_back(system);
  }
  const Group ends = group_of(problem, query.sinks, "sink");
  for (int system = 0; system < problem.system_count(); ++system) {
    may_finish[system] = query.sinks.empty() || ends.holds(system);
  }
  if (!query.return_to) return;
  return_to = group_named(problem, *query.return_to, "return");
  returns_to_source = std::any_of(sources.begin(), sources.end(),
                                  [&](int source) { return return_to->holds(source); });
}

// A limit that no plan can reach is none.
void Rules::limit_stages(const PartitionProblem& problem, const Query& query) {
  int most = problem.block_count();
  if (in_platform_order) most = std::min(most, static_cast<int>(problem.platforms.size()));
  if (!may_revisit) most = std::min(most, problem.system_count());
  if (query.max_stages.value_or(most) < most) max_stages = *query.max_stages;
}

void Rules::limit_memory(const PartitionProblem& problem) {
  for (int system = 0; system < problem.system_count(); ++system) {
    memory_bytes[system] =
        std::min(memory_bytes[system], problem.systems[system].memory_bytes.value_or(no_limit));
    limits_memory = limits_memory || std::isfinite(memory_bytes[system]);
  }
  if (limits_memory && problem.memory.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "a memory limit needs profiles that state the blocks' parameters; benchmark the "
                "model with scission-benchmark",
                "model " + problem.model);
  }
}

}  // namespace scission::search_detail
