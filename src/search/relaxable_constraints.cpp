#include "search/relaxable_constraints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "search/compiled_constraints.hpp"

namespace scission {
namespace {

using RelaxableConstraints = std::vector<RelaxableConstraint>;

RelaxableConstraint limited(std::string text, ConstraintLimit limit, std::string tail = {}) {
  return {std::move(text), std::move(tail), {}, std::move(limit)};
}

// --- Limits as text ---

constexpr int kept_digits = 3;

struct Scale {
  double size;
  std::string_view suffix;
};

Scale byte_scale(double bytes) {
  if (bytes >= 1e9) return {1e9, " GB"};
  if (bytes >= 1e6) return {1e6, " MB"};
  if (bytes >= 1e3) return {1e3, " kB"};
  return {1, " B"};
}

Scale scale_of(double value, LimitUnit unit) {
  switch (unit) {
    case LimitUnit::seconds:
      return {1, " s"};
    case LimitUnit::bytes:
      return byte_scale(value);
    case LimitUnit::joules:
      return {1, " J"};
    case LimitUnit::share:
      return {0.01, " %"};
    case LimitUnit::stages:
      return {1, value == 1 ? " stage" : " stages"};
    case LimitUnit::money:
      break;
  }
  return {1, ""};
}

// "0.802", "1140", "7": no trailing zeros after the point.
std::string rounded_up(double value) {
  if (!(value > 0)) return "0";
  // The rounding error of 0.1 + 0.2 must not give 0.301; limits have a tolerance of 10⁻¹² anyway.
  constexpr double noise = 5e-13;
  const int decimals = kept_digits - 1 - static_cast<int>(std::floor(std::log10(value)));
  const double step = std::pow(10.0, std::abs(decimals));
  const double scaled = std::ceil((decimals > 0 ? value * step : value / step) * (1 - noise));
  std::string text =
      fmt::format("{:.{}f}", decimals > 0 ? scaled / step : scaled * step, std::max(decimals, 0));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// --- One platform or system ---

template <typename Number>
std::vector<Number> each_once(const std::vector<Number>& list) {
  const std::set<Number> once(list.begin(), list.end());
  return {once.begin(), once.end()};
}

void add_criterion(const std::string& name, std::string text, std::function<void(Criteria&)> change,
                   RelaxableConstraints& list) {
  list.push_back({std::move(text), {}, [name, change = std::move(change)](SearchInstance& q) {
                    change(q.query.constraints[name].criteria);
                  }});
}

// Whether the query demands some layer of the block on anything but `name`.
bool is_split_from(const Query& query, const Block& block, const std::string& name) {
  const auto is_there = [&](int layer) { return search_detail::overlaps(block, layer, layer); };
  const bool by_criteria =
      std::any_of(query.constraints.begin(), query.constraints.end(), [&](const auto& other) {
        const std::vector<int>& layers = other.second.criteria.layers;
        return other.first != name && std::any_of(layers.begin(), layers.end(), is_there);
      });
  return by_criteria ||
         std::any_of(query.keep_on.begin(), query.keep_on.end(), [&](const KeepOn& keep) {
           return keep.name != name &&
                  search_detail::overlaps(block, keep.first_layer, keep.last_layer);
         });
}

// " (layers 7 to 17 are one block)" where layers of one block are demanded in two places: that no
// cut separates them is what excludes every plan.
std::string block_note(const PartitionProblem& problem, const Query& query, const std::string& name,
                       int first_layer, int last_layer) {
  for (const Block& block : problem.blocks) {
    if (block.first_layer == block.last_layer ||
        !search_detail::overlaps(block, first_layer, last_layer))
      continue;
    if (!is_split_from(query, block, name)) continue;
    return fmt::format(" (layers {} to {} are one block)", block.first_layer, block.last_layer);
  }
  return {};
}

void add_layer_criteria(const PartitionProblem& problem, const Query& query,
                        const std::string& name, const Criteria& criteria,
                        RelaxableConstraints& list) {
  for (const int layer : each_once(criteria.layers)) {
    add_criterion(
        name,
        fmt::format("layer {} on {}{}", layer, name,
                    block_note(problem, query, name, layer, layer)),
        [layer](Criteria& c) { c.layers.push_back(layer); }, list);
  }
  for (const int layer : each_once(criteria.excluded_layers)) {
    add_criterion(
        name, fmt::format("layer {} not on {}", layer, name),
        [layer](Criteria& c) { c.excluded_layers.push_back(layer); }, list);
  }
  if (criteria.is_used) {
    const bool used = *criteria.is_used;
    add_criterion(
        name, (used ? "something on " : "nothing on ") + name,
        [used](Criteria& c) { c.is_used = used; }, list);
  }
}

void add_system_criteria(const std::string& name, const Criteria& criteria,
                         RelaxableConstraints& list) {
  if (!criteria.systems.empty()) {
    add_criterion(
        name, fmt::format("{} uses {}", name, text::join(criteria.systems, " or ")),
        [names = criteria.systems](Criteria& c) { c.systems = names; }, list);
  }
  for (const std::string& excluded : each_once(criteria.excluded_systems)) {
    add_criterion(
        name, fmt::format("{} does not use {}", name, excluded),
        [excluded](Criteria& c) { c.excluded_systems.push_back(excluded); }, list);
  }
}

double uploaded_bytes(const SearchInstance& q, const Plan& plan, const std::string& name) {
  double bytes = 0;
  for (const Hop& hop : plan_cost(q.problem, plan, q.query.input_bytes).hops) {
    const bool leaves = q.problem.is_named(name, hop.from) && !q.problem.is_named(name, hop.to);
    if (leaves) bytes += hop.share * hop.bytes;
  }
  return bytes;
}

double computed_s(const SearchInstance& q, const Plan& plan, const std::string& name,
                  bool as_share) {
  const PlanCost total = plan_cost(q.problem, plan, q.query.input_bytes);
  double seconds = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (q.problem.is_named(name, plan.stages[i].system)) seconds += total.stage_s[i];
  }
  return as_share && total.compute_s > 0 ? seconds / total.compute_s : seconds;
}

double held_bytes(const SearchInstance& q, const Plan& plan, const std::string& name) {
  double most = 0;
  for (int system = 0; system < q.problem.system_count(); ++system) {
    if (!q.problem.is_named(name, system)) continue;
    most = std::max(most, plan_memory_bytes(q.problem, plan, system));
  }
  return most;
}

void add_upload(const std::string& name, const Constraints& constraints,
                RelaxableConstraints& list) {
  if (!constraints.upload_bytes) return;
  ConstraintLimit limit{
      *constraints.upload_bytes, LimitUnit::bytes,
      [name](SearchInstance& q, double most) { q.query.constraints[name].upload_bytes = most; },
      [name](const SearchInstance& q, const Plan& p) { return uploaded_bytes(q, p, name); }};
  list.push_back(limited(name + " uploads at most ", std::move(limit)));
}

void add_compute(const std::string& name, const Constraints& constraints,
                 RelaxableConstraints& list) {
  if (!constraints.compute) return;
  const bool is_share = constraints.compute->is_share;
  ConstraintLimit limit{constraints.compute->value,
                        is_share ? LimitUnit::share : LimitUnit::seconds,
                        [name, is_share](SearchInstance& q, double most) {
                          q.query.constraints[name].compute = TimeLimit{most, is_share};
                        },
                        [name, is_share](const SearchInstance& q, const Plan& plan) {
                          return computed_s(q, plan, name, is_share);
                        }};
  list.push_back(limited(name + " computes at most ", std::move(limit),
                         is_share ? " of the compute time" : ""));
}

void add_memory(const std::string& name, const Constraints& constraints,
                RelaxableConstraints& list) {
  if (!constraints.memory_bytes) return;
  ConstraintLimit limit{
      *constraints.memory_bytes, LimitUnit::bytes,
      [name](SearchInstance& q, double most) { q.query.constraints[name].memory_bytes = most; },
      [name](const SearchInstance& q, const Plan& p) { return held_bytes(q, p, name); }};
  list.push_back(limited(fmt::format("memory of {} at most ", name), std::move(limit)));
}

// --- The route's ends and its length ---

// Where the plan has it.
std::string other_source(const SearchInstance& q, const Plan& plan) {
  const std::string& platform = q.problem.systems[plan.source].platform;
  return fmt::format("the input on {0} (--source {0})", platform);
}

// Whether the query demands the first block on anything but the first platform: then the input may
// be meant to lie there.
bool is_first_block_elsewhere(const PartitionProblem& problem, const Query& query) {
  const auto is_of_source = [&](const std::string& name) {
    for (int system = 0; system < problem.system_count(); ++system) {
      const bool is_first = problem.systems[system].platform == problem.platforms.front();
      if (is_first && problem.is_named(name, system)) return true;
    }
    return false;
  };
  const Block& first = problem.blocks.front();
  for (const auto& [name, constraints] : query.constraints) {
    for (const int layer : constraints.criteria.layers) {
      if (layer <= first.last_layer && !is_of_source(name)) return true;
    }
  }
  return std::any_of(query.keep_on.begin(), query.keep_on.end(), [&](const KeepOn& keep) {
    return keep.first_layer <= first.last_layer && !is_of_source(keep.name);
  });
}

void add_source(const PartitionProblem& problem, const Query& query, RelaxableConstraints& list) {
  const bool is_default = query.sources.empty();
  if (is_default && !is_first_block_elsewhere(problem, query)) return;
  const std::string place = is_default ? problem.platforms.front() + " (the first platform)"
                                       : text::join(query.sources, " or ");
  list.push_back({"the input on " + place,
                  {},
                  [names = query.sources](SearchInstance& q) { q.query.sources = names; },
                  {},
                  other_source});
}

void add_ends(const PartitionProblem& problem, const Query& query, RelaxableConstraints& list) {
  add_source(problem, query, list);
  if (!query.sinks.empty()) {
    list.push_back({"the last layer on " + text::join(query.sinks, " or "),
                    {},
                    [names = query.sinks](SearchInstance& q) { q.query.sinks = names; }});
  }
  if (query.return_to) {
    list.push_back({"the output back on " + *query.return_to,
                    {},
                    [name = *query.return_to](SearchInstance& q) { q.query.return_to = name; }});
  }
}

void add_max_stages(const Query& query, RelaxableConstraints& list) {
  if (!query.max_stages) return;
  ConstraintLimit limit{
      static_cast<double>(*query.max_stages), LimitUnit::stages,
      [](SearchInstance& q, double most) { q.query.max_stages = static_cast<int>(most); },
      [](const SearchInstance&, const Plan& plan) {
        return static_cast<double>(plan.stages.size());
      }};
  list.push_back(limited("at most ", std::move(limit)));
}

// --- Kept layers, the whole plan, and memory ---

void add_keep_on(const PartitionProblem& problem, const Query& query, const KeepOn& keep,
                 RelaxableConstraints& list) {
  const std::string layers =
      keep.first_layer == keep.last_layer
          ? fmt::format("layer {} stays", keep.first_layer)
          : fmt::format("layers {} to {} stay", keep.first_layer, keep.last_layer);
  const std::string note = block_note(problem, query, keep.name, keep.first_layer, keep.last_layer);
  list.push_back({fmt::format("{} on {}{}", layers, keep.name, note),
                  {},
                  [keep](SearchInstance& q) { q.query.keep_on.push_back(keep); }});
}

LimitUnit unit_of(Metric metric) {
  switch (metric) {
    case Metric::traffic:
      return LimitUnit::bytes;
    case Metric::energy:
      return LimitUnit::joules;
    case Metric::money:
      return LimitUnit::money;
    case Metric::error:
    case Metric::disagreement:
      return LimitUnit::share;
    default:
      return LimitUnit::seconds;
  }
}

void add_plan_limit(Metric metric, PlanLimits limits, RelaxableConstraints& list) {
  const std::optional<double> asked = limits.limit(metric);
  if (!asked) return;
  ConstraintLimit limit{
      *asked, unit_of(metric),
      [metric](SearchInstance& q, double most) { q.query.limits.limit(metric) = most; },
      [metric](const SearchInstance& q, const Plan& plan) {
        return metric_value(metric, plan_cost(q.problem, plan, q.query.input_bytes));
      },
      metric};
  list.push_back(limited(to_string(metric) + " at most ", std::move(limit)));
}

void add_own_memory(const PartitionProblem& problem, int system, RelaxableConstraints& list) {
  const System& one = problem.systems[system];
  if (!one.memory_bytes) return;
  ConstraintLimit limit{
      *one.memory_bytes, LimitUnit::bytes,
      [system](SearchInstance& q, double most) { q.problem.systems[system].memory_bytes = most; },
      [system](const SearchInstance& q, const Plan& plan) {
        return plan_memory_bytes(q.problem, plan, system);
      }};
  list.push_back(
      limited(fmt::format("memory of {} at most ", one.name), std::move(limit), " (its own)"));
}

}  // namespace

std::string format_limit(double value, LimitUnit unit) {
  const Scale scale = scale_of(value, unit);
  return fmt::format("{:.12g}{}", value / scale.size, scale.suffix);
}

std::string format_limit_rounded_up(double value, LimitUnit unit) {
  if (unit == LimitUnit::stages) return format_limit(value, unit);
  const Scale scale = scale_of(value, unit);
  return rounded_up(value / scale.size) + std::string(scale.suffix);
}

void RelaxableConstraint::put_into(SearchInstance& instance) const {
  limit ? limit->add(instance, limit->value) : add(instance);
}

std::string RelaxableConstraint::full_text() const {
  return limit ? text + format_limit(limit->value, limit->unit) + tail : text;
}

std::string RelaxableConstraint::text_rounded_up(double value) const {
  return text + format_limit_rounded_up(value, limit->unit) + tail;
}

std::vector<RelaxableConstraint> list_constraints(const SearchInstance& instance) {
  const Query& query = instance.query;
  RelaxableConstraints list;
  add_max_stages(query, list);
  add_ends(instance.problem, query, list);
  for (const auto& [name, constraints] : query.constraints) {
    add_layer_criteria(instance.problem, query, name, constraints.criteria, list);
    add_system_criteria(name, constraints.criteria, list);
    add_upload(name, constraints, list);
    add_compute(name, constraints, list);
    add_memory(name, constraints, list);
  }
  for (const KeepOn& keep : query.keep_on) add_keep_on(instance.problem, query, keep, list);
  for (const Metric metric : all_metrics()) add_plan_limit(metric, query.limits, list);
  for (int system = 0; system < instance.problem.system_count(); ++system) {
    add_own_memory(instance.problem, system, list);
  }
  return list;
}

SearchInstance without_constraints(const SearchInstance& instance) {
  SearchInstance bare = instance;
  bare.query.max_stages.reset();
  bare.query.sinks.clear();
  bare.query.return_to.reset();
  bare.query.constraints.clear();
  bare.query.keep_on.clear();
  bare.query.limits = {};
  for (System& system : bare.problem.systems) system.memory_bytes.reset();
  const bool is_constraint =
      !instance.query.sources.empty() || is_first_block_elsewhere(instance.problem, instance.query);
  if (!is_constraint) return bare;
  // An empty list would mean the first platform, which is a constraint, too.
  bare.query.sources.clear();
  for (const System& system : bare.problem.systems) bare.query.sources.push_back('@' + system.name);
  return bare;
}

}  // namespace scission
