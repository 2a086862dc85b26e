#include "search/constraint_atoms.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "search/plan_limits.hpp"
#include "search/platform_atoms.hpp"

namespace scission {
namespace {

using Atoms = std::vector<ConstraintAtom>;

// --- The route's ends and its length ---

void add_ends(const Query& query, Atoms& atoms) {
  if (!query.sources.empty()) {
    atoms.push_back({"the input on " + text::join(query.sources, " or "),
                     {},
                     [names = query.sources](Question& q) { q.query.sources = names; }});
  }
  if (!query.sinks.empty()) {
    atoms.push_back({"the last layer on " + text::join(query.sinks, " or "),
                     {},
                     [names = query.sinks](Question& q) { q.query.sinks = names; }});
  }
  if (query.return_to) {
    atoms.push_back({"the output back on " + *query.return_to,
                     {},
                     [name = *query.return_to](Question& q) { q.query.return_to = name; }});
  }
}

void add_max_stages(const Query& query, Atoms& atoms) {
  if (!query.max_stages) return;
  AtomLimit limit{
      static_cast<double>(*query.max_stages), LimitUnit::stages,
      [](Question& q, double most) { q.query.max_stages = static_cast<int>(most); },
      [](const Question&, const Plan& plan) { return static_cast<double>(plan.stages.size()); }};
  atoms.push_back(limited_atom("at most ", std::move(limit)));
}

// --- Kept layers, the whole plan, and memory ---

void add_keep_on(const KeepOn& keep, Atoms& atoms) {
  const std::string layers =
      keep.first_layer == keep.last_layer
          ? fmt::format("layer {} stays", keep.first_layer)
          : fmt::format("layers {} to {} stay", keep.first_layer, keep.last_layer);
  atoms.push_back({fmt::format("{} on {}", layers, keep.name), {}, [keep](Question& q) {
                     q.query.keep_on.push_back(keep);
                   }});
}

LimitUnit unit_of(Metric measure) {
  switch (measure) {
    case Metric::traffic:
      return LimitUnit::bytes;
    case Metric::energy:
      return LimitUnit::joules;
    case Metric::money:
      return LimitUnit::money;
    default:
      return LimitUnit::seconds;
  }
}

void add_plan_limit(Metric measure, PlanLimits limits, Atoms& atoms) {
  const std::optional<double> asked = limit_on(measure, limits);
  if (!asked) return;
  AtomLimit limit{*asked, unit_of(measure),
                  [measure](Question& q, double most) { limit_on(measure, q.query.limits) = most; },
                  [measure](const Question& q, const Plan& plan) {
                    return metric_value(measure, plan_cost(q.problem, plan, q.query.input_bytes));
                  },
                  measure};
  atoms.push_back(limited_atom(to_string(measure) + " at most ", std::move(limit)));
}

void add_own_memory(const PartitionProblem& problem, int system, Atoms& atoms) {
  const System& one = problem.systems[system];
  if (!one.memory_bytes) return;
  AtomLimit limit{
      *one.memory_bytes, LimitUnit::bytes,
      [system](Question& q, double most) { q.problem.systems[system].memory_bytes = most; },
      [system](const Question& q, const Plan& plan) {
        return plan_memory_bytes(q.problem, plan, system);
      }};
  atoms.push_back(
      limited_atom(fmt::format("memory of {} at most ", one.name), std::move(limit), " (its own)"));
}

}  // namespace

ConstraintAtom limited_atom(std::string text, AtomLimit limit, std::string tail) {
  return {std::move(text), std::move(tail), {}, std::move(limit)};
}

void ConstraintAtom::put_into(Question& question) const {
  limit ? limit->add(question, limit->value) : add(question);
}

std::string ConstraintAtom::full_text() const {
  return limit ? text + format_limit(limit->value, limit->unit) + tail : text;
}

std::string ConstraintAtom::text_rounded_up(double value) const {
  return text + format_limit_rounded_up(value, limit->unit) + tail;
}

std::vector<ConstraintAtom> constraint_atoms(const Question& question) {
  const Query& query = question.query;
  Atoms atoms;
  add_max_stages(query, atoms);
  add_ends(query, atoms);
  for (const auto& [name, constraints] : query.constraints) {
    add_platform_atoms(name, constraints, atoms);
  }
  for (const KeepOn& keep : query.keep_on) add_keep_on(keep, atoms);
  for (const Metric measure : all_metrics()) add_plan_limit(measure, query.limits, atoms);
  for (int system = 0; system < question.problem.system_count(); ++system) {
    add_own_memory(question.problem, system, atoms);
  }
  return atoms;
}

Question without_constraints(const Question& question) {
  Question bare = question;
  bare.query.max_stages.reset();
  bare.query.sinks.clear();
  bare.query.return_to.reset();
  bare.query.constraints.clear();
  bare.query.keep_on.clear();
  bare.query.limits = {};
  for (System& system : bare.problem.systems) system.memory_bytes.reset();
  if (bare.query.sources.empty()) return bare;
  // No names would mean the first platform, which is a constraint too.
  bare.query.sources.clear();
  for (const System& system : bare.problem.systems) bare.query.sources.push_back('@' + system.name);
  return bare;
}

}  // namespace scission
