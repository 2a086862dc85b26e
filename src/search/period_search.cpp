// The N best plans by period: bisection over the times of stages and hops.
#include "search/ranking.hpp"

#include <map>
#include <utility>

#include "base/numbers.hpp"

namespace scission::search_detail {
namespace {

// The busy time of a plan's busiest system or directed link, in ticks of the clock.
Cost period_of(const SearchGraph& graph, const Plan& plan) {
  std::map<std::pair<int, int>, Cost> busy;  // by link; a system as a pair with itself
  int at = plan.source;
  std::size_t hop = 0;
  const auto move = [&](int to, int block) {
    const int codec = plan.codec(hop++);
    if (to != at) busy[{at, to}] += graph.hop_time(at, to, block, codec);
    if (to != at && codec != Plan::raw) {
      busy[{at, at}] += graph.encode_time(at, block, codec);
      busy[{to, to}] += graph.decode_time(to, block, codec);
    }
    at = to;
  };
  for (const Stage& stage : plan.stages) {
    move(stage.system, stage.first_block);
    busy[{at, at}] += graph.run_time(at, stage.first_block, stage.last_block + 1);
  }
  if (plan.destination) move(*plan.destination, graph.block_count());
  Cost longest = 0;
  for (const auto& [of, time] : busy) longest = std::max(longest, time);
  return longest;
}

// The least time above `time` of any stage or hop. No plan has a period in between, unless a system
// or link may be busy twice.
Cost next_step_time(const SearchGraph& graph, Cost time) {
  Cost least = unreachable;
  for (int system = 0; system < graph.system_count(); ++system) {
    int end = 0;
    for (int first = 0; first < graph.block_count(); ++first) {
      end = std::max(end, first);
      while (end <= graph.block_count() && graph.run_time(system, first, end) <= time) ++end;
      if (end > graph.block_count()) break;
      least = std::min(least, graph.run_time(system, first, end));
    }
  }
  std::map<SearchGraph::Crossing, int> blocks;  // one of those that the same crosses into
  for (int block = 0; block <= graph.block_count(); ++block) blocks[graph.crossing(block)] = block;
  for (int from = 0; from < graph.system_count(); ++from) {
    for (int to = 0; to < graph.system_count(); ++to) {
      if (from == to || !graph.problem().link(from, to)) continue;
      for (const auto& [crossing, block] : blocks) {
        const Cost hop = graph.hop_time(from, to, block);
        if (hop > time) least = std::min(least, hop);
      }
    }
  }
  return least;
}

// As search() orders plans of equal cost.
std::vector<int> choices_of(const Plan& plan) {
  std::vector<int> choices{plan.source};
  for (const Stage& stage : plan.stages) {
    choices.push_back(stage.system);
    choices.push_back(stage.last_block);
  }
  if (plan.destination) choices.push_back(*plan.destination);
  return choices;
}

class PeriodSearch {
 public:
  PeriodSearch(const PartitionProblem& problem, const CompiledConstraints& constraints,
               int result_count, const Deadline& deadline)
      : problem_(problem),
        constraints_(constraints),
        result_count_(result_count),
        deadline_(deadline),
        free_(problem, constraints),
        latency_{weights_of(problem, Metric::latency), 0, 0, free_.has_codecs()},
        limits_(sum_limits(problem, constraints)),
        latency_costs_(free_, latency_.weights, true) {}

  Ranking rank() {
    const Cost most = constraints_.limits.period_s
                          ? free_.clock().limit(*constraints_.limits.period_s)
                          : unreachable;
    Ranking found = within(most);
    if (!is_full(found)) return all_of(found);
    bisect(found);
    if (deadline_.has_passed()) return unproven(found);
    return ranked(within(high_ - 1), within(high_));
  }

  double least() {
    const Ranking ranking = rank();
    if (!ranking.was_stopped) {
      if (ranking.plans.empty()) return infinity;
      return free_.clock().amount(period_of(free_, ranking.plans.front()));
    }
    return ranking.bound;
  }

 private:
  bool is_full(const Ranking& ranking) const {
    return static_cast<int>(ranking.plans.size()) == result_count_;
  }

  Ranking within(Cost longest) const {
    if (longest < 0) return {};
    const SearchGraph graph(problem_, constraints_, longest);
    return rank_by_sum(graph, latency_, limits_, result_count_, deadline_);
  }

  // Invariant: plans with a period up to `high_` fill the ranking, those up to `low_` do not.
  void bisect(Ranking& found) {
    low_ = -1;
    high_ = longest_period(found);
    while (high_ - low_ > 1 && !deadline_.has_passed()) {
      const Cost middle = low_ + (high_ - low_) / 2;
      Ranking tried = within(middle);
      if (tried.was_stopped) return;
      if (is_full(tried)) {
        high_ = longest_period(tried);
        found = std::move(tried);
      } else {
        const bool adds_up = constraints_.may_repeat() || free_.has_codecs();
        low_ = adds_up ? middle : std::min(high_, next_step_time(free_, middle)) - 1;
      }
    }
  }

  Cost longest_period(const Ranking& ranking) const {
    Cost longest = 0;
    for (const Plan& plan : ranking.plans) longest = std::max(longest, period_of(free_, plan));
    return longest;
  }

  // Stable: plans of equal period stay in the order of their latency. Where codecs have been chosen
  // by the period, that order is lost, and latencies are compared again.
  void sort_by_period(std::vector<Plan>& plans) const {
    std::stable_sort(plans.begin(), plans.end(), [this](const Plan& a, const Plan& b) {
      const Cost a_period = period_of(free_, a);
      const Cost b_period = period_of(free_, b);
      if (a_period != b_period || !free_.has_codecs()) return a_period < b_period;
      const Cost a_latency = latency_costs_.sum_of(a);
      const Cost b_latency = latency_costs_.sum_of(b);
      return a_latency != b_latency ? a_latency < b_latency : choices_of(a) < choices_of(b);
    });
  }

  Ranking all_of(Ranking found) const {
    sort_by_period(found.plans);
    if (found.was_stopped) {
      found.proven_count = 0;
      found.bound = 0;
    }
    return found;
  }

  Ranking unproven(Ranking found) const {
    sort_by_period(found.plans);
    found.was_stopped = true;
    found.proven_count = 0;
    found.bound = low_ < 0 ? 0 : free_.clock().amount(low_);
    return found;
  }

  // Appends plans of exactly the N-th best period to all plans of smaller periods.
  Ranking ranked(Ranking smaller, const Ranking& up_to) const {
    if (smaller.was_stopped || up_to.was_stopped) return unproven(up_to);
    sort_by_period(smaller.plans);
    for (const Plan& plan : up_to.plans) {
      if (is_full(smaller)) break;
      if (period_of(free_, plan) >= high_) smaller.plans.push_back(plan);
    }
    smaller.proven_count = static_cast<int>(smaller.plans.size());
    smaller.bound = free_.clock().amount(high_);
    return smaller;
  }

  const PartitionProblem& problem_;
  const CompiledConstraints& constraints_;
  const int result_count_;
  const Deadline& deadline_;
  const SearchGraph free_;  // without a limit on stages and hops; provides the clock
  const SumObjective latency_;
  const std::vector<SumLimit> limits_;
  const StepCosts latency_costs_;
  Cost low_ = -1;
  Cost high_ = 0;
};

}  // namespace

Ranking rank_by_period(const PartitionProblem& problem, const CompiledConstraints& constraints,
                       int result_count, const Deadline& deadline) {
  return PeriodSearch(problem, constraints, result_count, deadline).rank();
}

double min_period_s(const PartitionProblem& problem, const CompiledConstraints& constraints,
                    const Deadline& deadline) {
  return PeriodSearch(problem, constraints, 1, deadline).least();
}

}  // namespace scission::search_detail
