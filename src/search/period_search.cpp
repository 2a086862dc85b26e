#include "search/period_search.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/numbers.hpp"

namespace scission::search_detail {
namespace {

// The busy time of a plan's busiest system or directed link, in ticks of the clock.
Cost period_of(const Space& space, const Plan& plan) {
  std::map<std::pair<int, int>, Cost> busy;  // a system as a pair of itself
  int at = plan.source;
  const auto move = [&](int to, int block) {
    if (to != at) busy[{at, to}] += space.hop_time(at, to, space.bytes_into(block));
    at = to;
  };
  for (const Stage& stage : plan.stages) {
    move(stage.system, stage.first_block);
    busy[{at, at}] += space.run_time(at, stage.first_block, stage.last_block + 1);
  }
  if (plan.destination) move(*plan.destination, space.block_count());
  Cost longest = 0;
  for (const auto& [of, time] : busy) longest = std::max(longest, time);
  return longest;
}

// The least time above `time` that any stage or hop takes: between them no plan's period lies,
// unless a system or link may be busy twice.
Cost next_step_time(const Space& space, Cost time) {
  Cost least = unreachable;
  for (int system = 0; system < space.system_count(); ++system) {
    int end = 0;
    for (int first = 0; first < space.block_count(); ++first) {
      end = std::max(end, first);
      while (end <= space.block_count() && space.run_time(system, first, end) <= time) ++end;
      if (end > space.block_count()) break;
      least = std::min(least, space.run_time(system, first, end));
    }
  }
  std::vector<double> sizes;
  for (int block = 0; block <= space.block_count(); ++block)
    sizes.push_back(space.bytes_into(block));
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (int from = 0; from < space.system_count(); ++from) {
    for (int to = 0; to < space.system_count(); ++to) {
      if (from == to || !space.problem().link(from, to)) continue;
      for (double bytes : sizes) {
        const Cost hop = space.hop_time(from, to, bytes);
        if (hop > time) least = std::min(least, hop);
      }
    }
  }
  return least;
}

class PeriodSearch {
 public:
  PeriodSearch(const PartitionProblem& problem, const Rules& rules, int result_count,
               const Deadline& deadline)
      : problem_(problem),
        rules_(rules),
        result_count_(result_count),
        deadline_(deadline),
        free_(problem, rules),
        latency_{weights_of(problem, Metric::latency)},
        limits_(sum_limits(problem, rules)) {}

  Ranking rank() {
    const Cost most =
        rules_.limits.period_s ? free_.clock().limit(*rules_.limits.period_s) : unreachable;
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
    const Space space(problem_, rules_, longest);
    return rank_by_sum(space, latency_, limits_, result_count_, deadline_);
  }

  // Plans of at most `high_` fill the ranking, plans of at most `low_` do not.
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
        low_ = rules_.may_repeat() ? middle : std::min(high_, next_step_time(free_, middle)) - 1;
      }
    }
  }

  Cost longest_period(const Ranking& ranking) const {
    Cost longest = 0;
    for (const Plan& plan : ranking.plans) longest = std::max(longest, period_of(free_, plan));
    return longest;
  }

  // By period; plans of equal period stay in the order of their latency.
  void sort_by_period(std::vector<Plan>& plans) const {
    std::stable_sort(plans.begin(), plans.end(), [this](const Plan& a, const Plan& b) {
      return period_of(free_, a) < period_of(free_, b);
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

  // All plans of a smaller period are fewer than wanted; those of the N-th best period fill up.
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
  const Rules& rules_;
  const int result_count_;
  const Deadline& deadline_;
  const Space free_;  // without a limit on stages and hops: for its clock
  const SumObjective latency_;
  const std::vector<SumLimit> limits_;
  Cost low_ = -1;
  Cost high_ = 0;
};

}  // namespace

Ranking rank_by_period(const PartitionProblem& problem, const Rules& rules, int result_count,
                       const Deadline& deadline) {
  return PeriodSearch(problem, rules, result_count, deadline).rank();
}

double least_period_s(const PartitionProblem& problem, const Rules& rules,
                      const Deadline& deadline) {
  return PeriodSearch(problem, rules, 1, deadline).least();
}

}  // namespace scission::search_detail
