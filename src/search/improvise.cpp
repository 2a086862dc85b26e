#include "search/improvise.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "scission/plan/plan.hpp"

namespace scission::search_detail {
namespace {

constexpr int none = -1;

// A beginning that stands on a system, about to run a block.
struct Beginning {
  double cost = 0;  // by the guide, in ticks
  int state = 0;
  int source = 0;
  int stage = none;  // index into Beam::stages_
};

// Stages as a tree: many beginnings share their first ones.
struct StageNode {
  int parent = none;
  int system = 0;
  int first_block = 0;
};

class Beam {
 public:
  explicit Beam(const Enumeration& enumeration)
      : e_(enumeration), space_(*e_.space), history_(*e_.history) {
    const double steps =
        static_cast<double>(space_.block_count()) * space_.system_count() * space_.system_count();
    constexpr double affordable = 4e6;
    constexpr double widest = 32;
    width_ = static_cast<std::size_t>(std::clamp(affordable / steps, 1.0, widest));
  }

  std::vector<Plan> run() {
    begin();
    for (int block = 0; block < space_.block_count(); ++block) advance(block);
    std::vector<Plan> plans;
    for (int system = 0; system < space_.system_count(); ++system) {
      for (const Beginning& beginning : beam_[system]) finish(system, beginning, plans);
    }
    return ranked(std::move(plans));
  }

 private:
  using Beams = std::vector<std::vector<Beginning>>;  // [system], cheapest first

  void add(Beams& beams, int system, const Beginning& beginning) const {
    std::vector<Beginning>& list = beams[system];
    if (list.size() == width_ && list.back().cost <= beginning.cost) return;
    const auto place =
        std::upper_bound(list.begin(), list.end(), beginning,
                         [](const Beginning& a, const Beginning& b) { return a.cost < b.cost; });
    list.insert(place, beginning);
    if (list.size() > width_) list.pop_back();
  }

  int add_stage(int parent, int system, int block) {
    stages_.push_back({parent, system, block});
    return static_cast<int>(stages_.size()) - 1;
  }

  void begin() {
    beam_.resize(space_.system_count());
    const std::vector<int>& sources = space_.rules().sources;
    for (int rank = 0; rank < static_cast<int>(sources.size()); ++rank) {
      for (int to = 0; to < space_.system_count(); ++to) {
        const Cost cost = e_.guide->enter_first(sources[rank], to);
        if (cost >= unreachable) continue;
        add(beam_, to,
            {static_cast<double>(cost), history_.enter_first(rank, to), sources[rank],
             add_stage(none, to, 0)});
      }
    }
  }

  void advance(int block) {
    Beams next(space_.system_count());
    for (int system = 0; system < space_.system_count(); ++system) {
      for (Beginning beginning : beam_[system]) {
        const StageNode& stage = stages_[beginning.stage];
        if (space_.furthest_end(stage.first_block, system) <= block) continue;
        beginning.cost += static_cast<double>(e_.guide->run(system, block, block + 1));
        add(next, system, beginning);
        if (block + 1 < space_.block_count()) leave(block + 1, system, beginning, next);
      }
    }
    if (block + 1 < space_.block_count()) name_new_stages(block + 1, next);
    beam_ = std::move(next);
  }

  // New stages are made only for the beginnings that stay in the beam: until then a beginning
  // keeps the stage that it comes from, and which system it has left.
  void leave(int block, int system, const Beginning& beginning, Beams& next) {
    const Row& entries = e_.guide->entries(block, system);
    for (int to = 0; to < space_.system_count(); ++to) {
      const double cost = beginning.cost + entries[to];
      if (next[to].size() == width_ && next[to].back().cost <= cost) continue;
      if (!(entries[to] < unreachable_as_double) || space_.furthest_end(block, to) <= block) {
        continue;
      }
      const int state = history_.enter(beginning.state, to);
      if (state == History::none || is_visited(beginning.stage, to)) continue;
      add(next, to, {cost, state, beginning.source, beginning.stage});
    }
  }

  void name_new_stages(int block, Beams& beams) {
    for (int system = 0; system < space_.system_count(); ++system) {
      for (Beginning& beginning : beams[system]) {
        if (stages_[beginning.stage].system == system) continue;
        beginning.stage = add_stage(beginning.stage, system, block);
      }
    }
  }

  bool is_visited(int stage, int system) const {
    const Rules& rules = space_.rules();
    if (rules.in_platform_order || rules.may_revisit) return false;
    for (; stage != none; stage = stages_[stage].parent) {
      if (stages_[stage].system == system) return true;
    }
    return false;
  }

  void finish(int system, const Beginning& beginning, std::vector<Plan>& plans) const {
    if (e_.to_go->finish(beginning.state, system) >= unreachable) return;
    Plan plan;
    plan.source = beginning.source;
    int last = space_.block_count() - 1;
    for (int stage = beginning.stage; stage != none; stage = stages_[stage].parent) {
      plan.stages.push_back({stages_[stage].system, stages_[stage].first_block, last});
      last = stages_[stage].first_block - 1;
    }
    std::reverse(plan.stages.begin(), plan.stages.end());
    if (space_.rules().return_to) choose_destination(beginning.state, plan);
    if (keeps_limits(plan)) plans.push_back(std::move(plan));
  }

  void choose_destination(int state, Plan& plan) const {
    const int last = plan.stages.back().system;
    Cost least = unreachable;
    for (int to : e_.to_go->destinations(state)) {
      const Cost cost = e_.guide->send_output(last, to);
      if (cost >= least) continue;
      least = cost;
      plan.destination = to;
    }
  }

  bool keeps_limits(const Plan& plan) const {
    for (const SumBound& sum : e_.sums) {
      if (sum.most < unreachable && sum.costs->sum_of(plan) > sum.most) return false;
    }
    if (!space_.rules().may_repeat()) return true;
    const PlanCost total = plan_cost(space_.problem(), plan, space_.rules().input_bytes);
    if (space_.longest() < unreachable && space_.clock()(total.period_s) > space_.longest()) {
      return false;
    }
    return !space_.rules().limits_memory || fits_memory(plan);
  }

  bool fits_memory(const Plan& plan) const {
    for (int system = 0; system < space_.system_count(); ++system) {
      const double most = space_.rules().memory_bytes[system] * (1 + limit_slack);
      if (plan_memory_bytes(space_.problem(), plan, system) > most) return false;
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
  const Space& space_;
  const History& history_;
  std::size_t width_ = 1;
  Beams beam_;
  std::vector<StageNode> stages_;
};

}  // namespace

std::vector<Plan> improvise(const Enumeration& enumeration) { return Beam(enumeration).run(); }

}  // namespace scission::search_detail
