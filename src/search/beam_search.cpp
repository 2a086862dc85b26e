// Beam search: a heuristic without an optimality guarantee.
#include "search/best_first.hpp"

#include <algorithm>
#include <utility>

#include "scission/plan/plan.hpp"
#include "search/codec_labels.hpp"

namespace scission::search_detail {
namespace {

constexpr int none = -1;

// A prefix that is about to run a block on a system.
struct PartialPlan {
  double cost = 0;  // of the relaxation, in its ticks
  int state = 0;
  int source = 0;
  int stage = none;  // index into Beam::stages_
};

// Stages as a tree: partial plans share their first stages.
struct StageNode {
  int parent = none;
  int system = 0;
  int first_block = 0;
};

class Beam {
 public:
  explicit Beam(const Enumeration& enumeration)
      : e_(enumeration), graph_(*e_.graph), states_(*e_.states) {
    const double steps =
        static_cast<double>(graph_.block_count()) * graph_.system_count() * graph_.system_count();
    constexpr double affordable = 4e6;
    constexpr double widest = 32;
    width_ = static_cast<std::size_t>(std::clamp(affordable / steps, 1.0, widest));
  }

  std::vector<Plan> run() {
    begin();
    for (int block = 0; block < graph_.block_count(); ++block) advance(block);
    std::vector<Plan> plans;
    for (int system = 0; system < graph_.system_count(); ++system) {
      for (const PartialPlan& partial : beam_[system]) finish(system, partial, plans);
    }
    return ranked(std::move(plans));
  }

 private:
  using Beams = std::vector<std::vector<PartialPlan>>;  // [system], cheapest first

  void add(Beams& beams, int system, const PartialPlan& partial) const {
    std::vector<PartialPlan>& list = beams[system];
    if (list.size() == width_ && list.back().cost <= partial.cost) return;
    const auto place = std::upper_bound(
        list.begin(), list.end(), partial,
        [](const PartialPlan& a, const PartialPlan& b) { return a.cost < b.cost; });
    list.insert(place, partial);
    if (list.size() > width_) list.pop_back();
  }

  int add_stage(int parent, int system, int block) {
    stages_.push_back({parent, system, block});
    return static_cast<int>(stages_.size()) - 1;
  }

  void begin() {
    beam_.resize(graph_.system_count());
    const std::vector<int>& sources = graph_.constraints().sources;
    for (int rank = 0; rank < static_cast<int>(sources.size()); ++rank) {
      for (int to = 0; to < graph_.system_count(); ++to) {
        const Cost cost = e_.relaxed->enter_first(sources[rank], to);
        if (cost >= unreachable) continue;
        add(beam_, to,
            {static_cast<double>(cost), states_.enter_first(rank, to), sources[rank],
             add_stage(none, to, 0)});
      }
    }
  }

  void advance(int block) {
    Beams next(graph_.system_count());
    for (int system = 0; system < graph_.system_count(); ++system) {
      for (PartialPlan partial : beam_[system]) {
        const StageNode& stage = stages_[partial.stage];
        if (graph_.furthest_end(stage.first_block, system) <= block) continue;
        partial.cost += static_cast<double>(e_.relaxed->run(system, block, block + 1));
        add(next, system, partial);
        if (block + 1 < graph_.block_count()) leave(block + 1, system, partial, next);
      }
    }
    if (block + 1 < graph_.block_count()) name_new_stages(block + 1, next);
    beam_ = std::move(next);
  }

  // A partial plan that enters a system keeps its previous stage until it is known to stay in the
  // beam; then name_new_stages() creates the stage.
  void leave(int block, int system, const PartialPlan& partial, Beams& next) {
    const Row& entries = e_.relaxed->entries(block, system);
    for (int to = 0; to < graph_.system_count(); ++to) {
      const double cost = partial.cost + entries[to];
      if (next[to].size() == width_ && next[to].back().cost <= cost) continue;
      if (!(entries[to] < unreachable_as_double) || graph_.furthest_end(block, to) <= block) {
        continue;
      }
      const int state = states_.enter(partial.state, to);
      if (state == LabelStates::none || is_visited(partial.stage, to)) continue;
      add(next, to, {cost, state, partial.source, partial.stage});
    }
  }

  void name_new_stages(int block, Beams& beams) {
    for (int system = 0; system < graph_.system_count(); ++system) {
      for (PartialPlan& partial : beams[system]) {
        if (stages_[partial.stage].system == system) continue;
        partial.stage = add_stage(partial.stage, system, block);
      }
    }
  }

  bool is_visited(int stage, int system) const {
    const CompiledConstraints& constraints = graph_.constraints();
    if (constraints.in_platform_order || constraints.may_revisit) return false;
    for (; stage != none; stage = stages_[stage].parent) {
      if (stages_[stage].system == system) return true;
    }
    return false;
  }

  void finish(int system, const PartialPlan& partial, std::vector<Plan>& plans) const {
    if (e_.to_go->finish(partial.state, system) >= unreachable) return;
    Plan plan;
    plan.source = partial.source;
    int last = graph_.block_count() - 1;
    for (int stage = partial.stage; stage != none; stage = stages_[stage].parent) {
      plan.stages.push_back({stages_[stage].system, stages_[stage].first_block, last});
      last = stages_[stage].first_block - 1;
    }
    std::reverse(plan.stages.begin(), plan.stages.end());
    if (graph_.constraints().return_to) choose_destination(partial.state, plan);
    if (choose_codecs(plan) && keeps_limits(plan)) plans.push_back(std::move(plan));
  }

  // Whether the plan is within the limits that depend on codecs.
  bool choose_codecs(Plan& plan) const {
    if (!graph_.has_codecs()) return true;
    if (!CodecChooser::is_needed(e_)) {
      plan = e_.objective->with_best_codecs(std::move(plan));
      return true;
    }
    const Steps steps(graph_, states_);
    std::optional<RankedPlan> best = CodecChooser(e_, steps).best(plan);
    if (best) plan = std::move(best->plan);
    return best.has_value();
  }

  void choose_destination(int state, Plan& plan) const {
    const int last = plan.stages.back().system;
    Cost least = unreachable;
    for (int to : e_.to_go->destinations(state)) {
      const Cost cost = e_.relaxed->send_output(last, to);
      if (cost >= least) continue;
      least = cost;
      plan.destination = to;
    }
  }

  bool keeps_limits(const Plan& plan) const {
    for (const SumBound& sum : e_.sums) {
      if (sum.max < unreachable && sum.costs->sum_of(plan) > sum.max) return false;
    }
    if (!graph_.constraints().may_repeat()) return true;
    const PlanCost total = plan_cost(graph_.problem(), plan, graph_.constraints().input_bytes);
    if (graph_.longest() < unreachable && graph_.clock()(total.period_s) > graph_.longest()) {
      return false;
    }
    return !graph_.constraints().limits_memory || fits_memory(plan);
  }

  bool fits_memory(const Plan& plan) const {
    for (int system = 0; system < graph_.system_count(); ++system) {
      const double most = graph_.constraints().memory_bytes[system] * (1 + limit_slack);
      if (plan_memory_bytes(graph_.problem(), plan, system) > most) return false;
    }
    return true;
  }

  std::vector<Plan> ranked(std::vector<Plan> plans) const {
    std::vector<std::pair<Cost, std::size_t>> order;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      order.emplace_back(e_.exact_cost(plans[i]), i);
    }
    std::sort(order.begin(), order.end());
    std::vector<Plan> sorted;
    for (const auto& [cost, i] : order) sorted.push_back(std::move(plans[i]));
    return sorted;
  }

  static constexpr double unreachable_as_double = static_cast<double>(unreachable);

  const Enumeration& e_;
  const SearchGraph& graph_;
  const LabelStates& states_;
  std::size_t width_ = 1;
  Beams beam_;
  std::vector<StageNode> stages_;
};

}  // namespace

std::vector<Plan> beam_search(const Enumeration& enumeration) { return Beam(enumeration).run(); }

}  // namespace scission::search_detail
