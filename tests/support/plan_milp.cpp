#include "support/plan_milp.hpp"

#include <algorithm>
#include <functional>

#include "scission/base.hpp"
#include "support/meant_systems.hpp"
#include "support/plan_arcs.hpp"

namespace scission::testing {

namespace {

class Formulation {
 public:
  Formulation(const PartitionProblem& problem, const Query& query)
      : problem_(problem), query_(query), figures_(problem, query), cost_scale_(cost_scale()) {
    for (int block = 0; block < problem.block_count(); ++block) add_arcs(block);
    add_flow();
    if (query.route == Route::any_order && !query.can_revisit) add_each_once();
    if (query.max_stages) add_stage_limit();
    for (Metric measure : all_metrics()) add_plan_limit(measure);
    if (needs_period()) add_period();
    for (const auto& [name, constraints] : query.constraints) add_constraints(name, constraints);
    for (int system = 0; system < problem.system_count(); ++system) {
      const std::optional<double>& limit = problem.systems[system].memory_bytes;
      if (limit) add_memory_limit(system, *limit);
    }
  }

  const Milp& milp() const { return milp_; }

  Plan plan_of(const std::vector<double>& values) const {
    Plan plan;
    for (const Arc& arc : arcs_) {  // ordered by block
      if (values[arc.column] < 0.5) continue;
      if (arc.block == 0) plan.source = arc.from;
      if (arc.begins_stage()) plan.stages.push_back({arc.to, arc.block, arc.block});
      if (arc.begins_stage()) plan.codecs.push_back(arc.codec);
      plan.stages.back().last_block = arc.block;
    }
    plan.codecs.push_back(-1);
    return plan;
  }

 private:
  using Factor = std::function<double(const Arc&)>;

  // Scales the objective to about 1000, far above cbc's absolute tolerances.
  double cost_scale() const {
    double total = 0;
    for (int block = 0; block < problem_.block_count(); ++block) {
      double dearest = 0;
      for (int system = 0; system < problem_.system_count(); ++system) {
        const Arc run{block, system, system};
        dearest = std::max(dearest,
                           figures_.objective(run) + query_.objective.period * figures_.run_s(run));
      }
      total += dearest;
    }
    return total > 0 ? 1000 / total : 1;
  }

  void add_arcs(int block) {
    for (int from = 0; from < problem_.system_count(); ++from) {
      for (int to = 0; to < problem_.system_count(); ++to) {
        const int codecs = from == to ? 0 : static_cast<int>(problem_.codecs.size());
        for (int codec = -1; codec < codecs; ++codec) {
          Arc arc{block, from, to, 0, codec};
          if (!figures_.is_allowed(arc)) continue;
          arc.column = milp_.add_binary(cost_scale_ * figures_.objective(arc));
          arcs_.push_back(arc);
        }
      }
    }
  }

  // Σ factor · arc ≤ `most`, divided by `most` so that cbc's tolerance is relative.
  int add_limit(const Factor& factor, double most) {
    const double scale = most > 0 ? 1 / most : 1;
    const int row = milp_.add_row(Milp::Sense::at_most, most > 0 ? 1 : 0);
    for (const Arc& arc : arcs_) {
      const double value = factor(arc);
      if (value != 0) milp_.add_term(row, arc.column, value * scale);
    }
    return row;
  }

  void add_flow() {
    const int start = milp_.add_row(Milp::Sense::equal, 1);
    std::vector<int> rows;  // [block * systems + system]: leaving it after the block
    const int cuts = (problem_.block_count() - 1) * problem_.system_count();
    for (int i = 0; i < cuts; ++i) rows.push_back(milp_.add_row(Milp::Sense::equal, 0));
    for (const Arc& arc : arcs_) {
      const int in = arc.block * problem_.system_count() + arc.to;
      const int out = (arc.block - 1) * problem_.system_count() + arc.from;
      if (in < cuts) milp_.add_term(rows[in], arc.column, 1);
      milp_.add_term(arc.block == 0 ? start : rows[out], arc.column, arc.block == 0 ? 1 : -1);
    }
  }

  void add_each_once() {
    for (int system = 0; system < problem_.system_count(); ++system) {
      add_limit([&](const Arc& arc) { return arc.to == system && arc.begins_stage(); }, 1);
    }
  }

  void add_stage_limit() {
    add_limit([](const Arc& arc) { return arc.begins_stage(); }, *query_.max_stages);
  }

  std::optional<double> plan_limit(Metric measure) const {
    const PlanLimits& limits = query_.limits;
    if (measure == Metric::latency) return limits.latency_s;
    if (measure == Metric::traffic) return limits.traffic_bytes;
    if (measure == Metric::energy) return limits.energy_j;
    if (measure == Metric::money) return limits.money;
    if (measure == Metric::error) return limits.error;
    if (measure == Metric::disagreement) return limits.disagreement;
    return std::nullopt;
  }

  void add_plan_limit(Metric measure) {
    const std::optional<double> most = plan_limit(measure);
    if (most) add_limit([&](const Arc& arc) { return figures_.amount(measure, arc); }, *most);
  }

  bool needs_period() const { return query_.objective.period > 0 || query_.limits.period_s; }

  // A column for the period that bounds the busy time of every system and link.
  void add_period() {
    const int period = milp_.add_continuous(cost_scale_ * query_.objective.period);
    if (query_.limits.period_s) {
      const int row = milp_.add_row(Milp::Sense::at_most, *query_.limits.period_s);
      milp_.add_term(row, period, 1);
    }
    const auto bound_by_period = [&](const Factor& busy_s) {
      milp_.add_term(add_limit(busy_s, 0), period, -1);
    };
    for (int from = 0; from < problem_.system_count(); ++from) {
      bound_by_period([&](const Arc& arc) {
        const double run_s = arc.to == from ? figures_.run_s(arc) + figures_.decode_s(arc) : 0;
        return arc.from == from ? run_s + figures_.encode_s(arc) : run_s;
      });
      for (int to = 0; to < problem_.system_count(); ++to) {
        bound_by_period([&](const Arc& arc) {
          return arc.is_hop() && arc.from == from && arc.to == to ? figures_.busy_s(arc) : 0;
        });
      }
    }
  }

  void add_constraints(const std::string& name, const Constraints& constraints) {
    const auto is_here = [&](int system) { return is_meant(problem_, name, system); };
    if (constraints.upload_bytes) {
      add_limit(
          [&](const Arc& arc) {
            return is_here(arc.from) && !is_here(arc.to) ? figures_.bytes(arc) : 0;
          },
          *constraints.upload_bytes);
    }
    if (constraints.compute) {
      const TimeLimit& limit = *constraints.compute;
      const double share = limit.is_share ? limit.value : 0;
      add_limit([&](const Arc& arc) { return figures_.run_s(arc) * (is_here(arc.to) - share); },
                limit.is_share ? 0 : limit.value);
    }
    if (!constraints.memory_bytes) return;
    for (int system = 0; system < problem_.system_count(); ++system) {
      if (is_here(system)) add_memory_limit(system, *constraints.memory_bytes);
    }
  }

  // The sum of the weights plus a column for the largest activations of any block there.
  void add_memory_limit(int system, double most) {
    const auto is_run_here = [&](const Arc& arc) { return arc.to == system; };
    const double scale = most > 0 ? most : 1;
    const int held = add_limit(
        [&](const Arc& arc) {
          return is_run_here(arc) ? problem_.memory[arc.block].weight_bytes : 0;
        },
        most);
    const int activations = milp_.add_continuous(0);
    milp_.add_term(held, activations, 1);
    for (int block = 0; block < problem_.block_count(); ++block) {
      const int row = add_limit(
          [&](const Arc& arc) {
            const bool counts = is_run_here(arc) && arc.block == block;
            return counts ? problem_.memory[block].activation_bytes / scale : 0;
          },
          0);
      milp_.add_term(row, activations, -1);
    }
  }

  const PartitionProblem& problem_;
  const Query& query_;
  const ArcFigures figures_;
  const double cost_scale_;
  Milp milp_;
  std::vector<Arc> arcs_;
};

void require_expressible(const Query& query) {
  const bool has_criteria =
      std::any_of(query.constraints.begin(), query.constraints.end(),
                  [](const auto& entry) { return entry.second.criteria != Criteria{}; });
  if (has_criteria || !query.keep_on.empty() || query.return_to) {
    throw Error(ErrorCode::unsupported, "criteria, keep_on and return_to are not expressed",
                "best_plan_by_milp");
  }
}

}  // namespace

MilpAnswer best_plan_by_milp(const PartitionProblem& problem, const Query& query,
                             std::optional<double> time_limit_s) {
  require_expressible(query);
  const Formulation formulation(problem, query);
  const MilpSolution solution = solve_with_cbc(formulation.milp(), time_limit_s);
  if (solution.status != MilpSolution::Status::optimal) return {solution.status, {}};
  return {solution.status, formulation.plan_of(solution.values)};
}

}  // namespace scission::testing
