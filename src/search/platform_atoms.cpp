#include "search/platform_atoms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "search/group.hpp"

namespace scission {
namespace {

using Atoms = std::vector<ConstraintAtom>;

template <typename Number>
std::vector<Number> each_once(const std::vector<Number>& list) {
  const std::set<Number> once(list.begin(), list.end());
  return {once.begin(), once.end()};
}

void add_criterion(const std::string& name, std::string text, std::function<void(Criteria&)> change,
                   Atoms& atoms) {
  atoms.push_back({std::move(text), {}, [name, change = std::move(change)](Question& q) {
                     change(q.query.constraints[name].criteria);
                   }});
}

void add_layer_criteria(const std::string& name, const Criteria& criteria, Atoms& atoms) {
  for (const int layer : each_once(criteria.layers)) {
    add_criterion(
        name, fmt::format("layer {} on {}", layer, name),
        [layer](Criteria& c) { c.layers.push_back(layer); }, atoms);
  }
  for (const int layer : each_once(criteria.excluded_layers)) {
    add_criterion(
        name, fmt::format("layer {} not on {}", layer, name),
        [layer](Criteria& c) { c.excluded_layers.push_back(layer); }, atoms);
  }
  if (criteria.is_used) {
    const bool used = *criteria.is_used;
    add_criterion(
        name, (used ? "something on " : "nothing on ") + name,
        [used](Criteria& c) { c.is_used = used; }, atoms);
  }
}

void add_system_criteria(const std::string& name, const Criteria& criteria, Atoms& atoms) {
  if (!criteria.systems.empty()) {
    add_criterion(
        name, fmt::format("{} uses {}", name, text::join(criteria.systems, " or ")),
        [names = criteria.systems](Criteria& c) { c.systems = names; }, atoms);
  }
  for (const std::string& excluded : each_once(criteria.excluded_systems)) {
    add_criterion(
        name, fmt::format("{} does not use {}", name, excluded),
        [excluded](Criteria& c) { c.excluded_systems.push_back(excluded); }, atoms);
  }
}

double uploaded_bytes(const Question& q, const Plan& plan, const std::string& name) {
  double bytes = 0;
  for (const Hop& hop : plan_cost(q.problem, plan, q.query.input_bytes).hops) {
    const bool leaves =
        is_in_group(q.problem, name, hop.from) && !is_in_group(q.problem, name, hop.to);
    if (leaves) bytes += hop.bytes;
  }
  return bytes;
}

double computed_s(const Question& q, const Plan& plan, const std::string& name, bool as_share) {
  const PlanCost total = plan_cost(q.problem, plan, q.query.input_bytes);
  double seconds = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (is_in_group(q.problem, name, plan.stages[i].system)) seconds += total.stage_s[i];
  }
  return as_share && total.compute_s > 0 ? seconds / total.compute_s : seconds;
}

double held_bytes(const Question& q, const Plan& plan, const std::string& name) {
  double most = 0;
  for (int system = 0; system < q.problem.system_count(); ++system) {
    if (!is_in_group(q.problem, name, system)) continue;
    most = std::max(most, plan_memory_bytes(q.problem, plan, system));
  }
  return most;
}

void add_upload(const std::string& name, const Constraints& constraints, Atoms& atoms) {
  if (!constraints.upload_bytes) return;
  AtomLimit limit{
      *constraints.upload_bytes, LimitUnit::bytes,
      [name](Question& q, double most) { q.query.constraints[name].upload_bytes = most; },
      [name](const Question& q, const Plan& p) { return uploaded_bytes(q, p, name); }};
  atoms.push_back(limited_atom(name + " uploads at most ", std::move(limit)));
}

void add_compute(const std::string& name, const Constraints& constraints, Atoms& atoms) {
  if (!constraints.compute) return;
  const bool is_share = constraints.compute->is_share;
  AtomLimit limit{constraints.compute->value, is_share ? LimitUnit::share : LimitUnit::seconds,
                  [name, is_share](Question& q, double most) {
                    q.query.constraints[name].compute = TimeLimit{most, is_share};
                  },
                  [name, is_share](const Question& q, const Plan& plan) {
                    return computed_s(q, plan, name, is_share);
                  }};
  atoms.push_back(limited_atom(name + " computes at most ", std::move(limit),
                               is_share ? " of the compute time" : ""));
}

void add_memory(const std::string& name, const Constraints& constraints, Atoms& atoms) {
  if (!constraints.memory_bytes) return;
  AtomLimit limit{
      *constraints.memory_bytes, LimitUnit::bytes,
      [name](Question& q, double most) { q.query.constraints[name].memory_bytes = most; },
      [name](const Question& q, const Plan& p) { return held_bytes(q, p, name); }};
  atoms.push_back(limited_atom(fmt::format("memory of {} at most ", name), std::move(limit)));
}

}  // namespace

void add_platform_atoms(const std::string& name, const Constraints& constraints, Atoms& atoms) {
  add_layer_criteria(name, constraints.criteria, atoms);
  add_system_criteria(name, constraints.criteria, atoms);
  add_upload(name, constraints, atoms);
  add_compute(name, constraints, atoms);
  add_memory(name, constraints, atoms);
}

}  // namespace scission
