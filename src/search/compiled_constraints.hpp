// The constraints of a query with their names resolved to systems and blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/search/search.hpp"

namespace scission::search_detail {

/// A set of systems: those of a platform, or a single one.
class SystemGroup {
 public:
  explicit SystemGroup(std::size_t system_count) : holds_(system_count, 0) {}

  bool holds(int system) const { return holds_[system] != 0; }
  int size() const { return size_; }
  void add(int system) {
    size_ += holds_[system] == 0;
    holds_[system] = 1;
  }

 private:
  std::vector<char> holds_;
  int size_ = 0;
};

/// Whether a name in a query means this system: a platform's name means all of its systems, any
/// other name means the system of that name, `@name` always a system.
bool names_system(const PartitionProblem& problem, std::string_view name, int system);

/// The systems that any of the names means. The group of a platform without systems is empty.
/// Throws Error(invalid_argument, place) for a name that is neither a platform's nor a system's.
SystemGroup resolve_group(const PartitionProblem& problem, const std::vector<std::string>& names,
                          const std::string& place);

/// A limit on what all systems of a group do together.
struct GroupLimit {
  SystemGroup group;
  double most = 0;  ///< bytes, seconds, or a share of the whole compute time
};

/// Depends on the names, layers and blocks of a problem, not on its times and links.
struct CompiledConstraints {
  /// Validates the query as search() documents. Throws Error(invalid_argument | infeasible).
  CompiledConstraints(const PartitionProblem& problem, const Query& query);

  bool in_platform_order = true;
  bool may_revisit = false;
  int max_stages = 0;  ///< 0: any number
  double input_bytes = 0;

  std::vector<int> platform;             ///< of each system
  std::vector<char> usable;              ///< [system]: may run something
  std::vector<char> may_hold;            ///< [system]: may hold the input
  std::vector<char> may_run;             ///< [system * blocks + block]
  std::vector<int> sources;              ///< ascending
  std::vector<char> may_finish;          ///< [system]: the last layer may run here
  std::optional<SystemGroup> return_to;  ///< allowed destinations of the output
  bool returns_to_source = false;        ///< to the source itself, where that is in return_to
  std::vector<char> platform_used;   ///< [platform]: a plan must use it; in the platforms' order
  std::vector<SystemGroup> demands;  ///< a plan must use a system of each; in any order

  std::vector<GroupLimit> uploads;
  std::vector<GroupLimit> computes;  ///< in seconds
  std::vector<GroupLimit> shares;    ///< of the whole compute time
  std::vector<double> memory_bytes;  ///< [system]; +∞ without a limit
  bool limits_memory = false;
  PlanLimits limits;

  /// Whether each system may run at most one stage although the order is free.
  bool visits_once() const { return !in_platform_order && !may_revisit; }
  /// Whether one plan may keep a system or a directed link busy more than once. Without revisits
  /// that is the source's, which sends the input, runs the last stage and returns the output.
  bool may_repeat() const { return may_revisit || (!in_platform_order && return_to); }

 private:
  void apply(const PartitionProblem& problem, const std::string& name,
             const Constraints& constraints);
  void apply_criteria(const PartitionProblem& problem, const SystemGroup& group,
                      const Criteria& criteria, const std::string& place);
  void apply_limits(const SystemGroup& group, const Constraints& constraints);
  void keep(const PartitionProblem& problem, const KeepOn& keep_on);
  void demand(const PartitionProblem& problem, const SystemGroup& group);
  void want_layers(const PartitionProblem& problem, const SystemGroup& group, int first, int last);
  void choose_ends(const PartitionProblem& problem, const Query& query);
  void limit_memory(const PartitionProblem& problem);
  void limit_stages(const PartitionProblem& problem, const Query& query);
};

}  // namespace scission::search_detail
