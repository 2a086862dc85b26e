// Enumeration of all plans in any order with each system once.
#include <limits>

#include "methods.hpp"
#include "plan_sums.hpp"
#include "support/plan_arcs.hpp"

namespace scission::bench {
namespace {

class Enumeration {
 public:
  Enumeration(const PartitionProblem& problem, const Query& query, CpuDeadline& deadline)
      : problem_(problem),
        query_(query),
        deadline_(deadline),
        limits_(sum_limits(problem, query)),
        memory_(memory_limits(problem, query)),
        visited_(problem.systems.size(), 0) {}

  std::optional<Plan> best() {
    for (int source = 0; source < problem_.system_count(); ++source) {
      if (!testing::may_hold_input(problem_, query_, source)) continue;
      plan_ = {source, {}, {}};
      enter_every(0, source, 0);
    }
    return best_;
  }

 private:
  // The prefix ends before `block`, whose input is on `at`.
  void enter_every(int block, int at, double cost_s) {
    deadline_.check();
    const double bytes = problem_.bytes_into(block, query_.input_bytes);
    for (int to = 0; to < problem_.system_count(); ++to) {
      if (visited_[to] || (to == at && block > 0) || (to != at && !problem_.link(at, to))) continue;
      const double hop_s = to == at ? 0 : problem_.link(at, to)->transfer_s(bytes);
      visited_[to] = 1;
      run_to_every_end(block, to, cost_s + hop_s);
      visited_[to] = 0;
    }
  }

  void run_to_every_end(int first_block, int system, double cost_s) {
    plan_.stages.push_back({system, first_block, first_block});
    for (int block = first_block; block < problem_.block_count(); ++block) {
      cost_s += problem_.block_s[system][block];
      plan_.stages.back().last_block = block;
      if (block + 1 < problem_.block_count()) {
        enter_every(block + 1, system, cost_s);
      } else if (cost_s < least_s_ && is_allowed()) {
        least_s_ = cost_s;
        best_ = plan_;
      }
    }
    plan_.stages.pop_back();
  }

  bool is_allowed() const {
    for (const SumLimit& limit : limits_) {
      if (sum(limit) > limit.most * (1 + 1e-12) + (limit.may_fall ? 1e-15 : 0)) return false;
    }
    for (const Stage& stage : plan_.stages) {
      const double most = memory_[stage.system];
      if (most < HUGE_VAL && plan_memory_bytes(problem_, plan_, stage.system) > most) return false;
    }
    return true;
  }

  double sum(const SumLimit& limit) const {
    double total = 0;
    int at = plan_.source;
    for (const Stage& stage : plan_.stages) {
      if (!limit.is_in.empty() && limit.is_in[at] && !limit.is_in[stage.system]) {
        total += problem_.bytes_into(stage.first_block, query_.input_bytes);
      }
      at = stage.system;
      for (int block = stage.first_block; block <= stage.last_block && !limit.run.empty();
           ++block) {
        total += limit.run[stage.system * problem_.blocks.size() + block];
      }
    }
    return total;
  }

  const PartitionProblem& problem_;
  const Query& query_;
  CpuDeadline& deadline_;
  const std::vector<SumLimit> limits_;
  const std::vector<double> memory_;
  std::vector<char> visited_;
  Plan plan_;
  double least_s_ = std::numeric_limits<double>::infinity();
  std::optional<Plan> best_;
};

}  // namespace

std::optional<Plan> best_by_enumeration(const PartitionProblem& problem, const Query& query,
                                        CpuDeadline& deadline) {
  return Enumeration(problem, query, deadline).best();
}

}  // namespace scission::bench
