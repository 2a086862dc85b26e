// A query with its names resolved: which system may do what, and the limits that apply.
#pragma once

#include <optional>
#include <vector>

#include "scission/search/search.hpp"
#include "search/groups.hpp"

namespace scission::search_detail {

/// A limit on what all systems of a group do together.
struct GroupLimit {
  Group group;
  double most = 0;  ///< bytes, seconds, or a share of the whole compute time
};

/// Depends on a problem's names, layers and blocks, not on its times and links.
struct Rules {
  /// Validates the query as search() documents. Throws Error(invalid_argument | infeasible).
  Rules(const PartitionProblem& problem, const Query& query);

  bool in_platform_order = true;
  bool may_revisit = false;
  int max_stages = 0;  ///< 0: any number
  double input_bytes = 0;

  std::vector<int> platform;        ///< of each system
  std::vector<char> usable;         ///< [system]: may run something
  std::vector<char> may_hold;       ///< [system]: may hold the input
  std::vector<char> may_run;        ///< [system * blocks + block]
  std::vector<int> sources;         ///< ascending
  std::vector<char> may_finish;     ///< [system]: the last layer may run here
  std::optional<Group> return_to;   ///< where the output must go
  bool returns_to_source = false;   ///< to the source itself, where that is in return_to
  std::vector<char> platform_used;  ///< [platform]: a plan must use it; in the platforms' order
  std::vector<Group> demands;       ///< a plan must use one of each; in any order

  std::vector<GroupLimit> uploads;
  std::vector<GroupLimit> computes;  ///< in seconds
  std::vector<GroupLimit> shares;    ///< of the whole compute time
  std::vector<double> memory_bytes;  ///< [system]; +∞ without a limit
  bool limits_memory = false;
  PlanLimits limits;

  /// Whether one plan may keep a system or a directed link busy more than once. Without revisits
  /// that is the source's, which sends the input, runs the last stage and returns the output.
  bool may_repeat() const { return may_revisit || (!in_platform_order && return_to); }

 private:
  void apply(const PartitionProblem& problem, const std::string& name,
             const Constraints& constraints);
  void apply_criteria(const PartitionProblem& problem, const Group& group, const Criteria& criteria,
                      const std::string& place);
  void apply_limits(const Group& group, const Constraints& constraints);
  void keep(const PartitionProblem& problem, const KeepOn& keep_on);
  void demand(const PartitionProblem& problem, const Group& group);
  void want_layers(const PartitionProblem& problem, const Group& group, int first, int last);
  void choose_ends(const PartitionProblem& problem, const Query& query);
  void limit_memory(const PartitionProblem& problem);
  void limit_stages(const PartitionProblem& problem, const Query& query);
};

}  // namespace scission::search_detail
