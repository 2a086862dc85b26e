#include "scission/control/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/require.hpp"
#include "control/replay/simulator.hpp"
#include "control/replay/strategies.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr std::size_t max_candidates = 64;

void validate(const Query& query, const ConditionTrace& trace, const ReplayOptions& options) {
  const auto is_time = [](double x) { return x >= 0 && std::isfinite(x); };
  require_option(is_time(options.request_every_s) && options.request_every_s > 0, "request_every_s",
                 "must be above 0 and finite");
  require_option(options.jitter >= 0 && options.jitter <= 2, "jitter", "must lie between 0 and 2");
  require_option(is_time(options.switch_s), "switch_s", "must be 0 or more and finite");
  require_option(is_time(options.timeout_s), "timeout_s", "must be 0 or more and finite");
  require_option(query.objective == single_objective(Metric::latency), "objective",
                 "must be latency, as a replay adds up latencies");
  require_option(!trace.times_s.empty(), "trace", "has no rows");
}

/// One pass over the requests, for every strategy but the static one.
class Replay {
 public:
  Replay(const PartitionProblem& problem, const Query& query, const ConditionTrace& trace,
         const ReplayOptions& options)
      : simulator_(problem, query, trace, options),
        controlled_(problem, query, options),
        naive_(options, first_plan(problem, query)) {
    result_.oracle.name = "oracle";
    book_.number(first_plan(problem, query));
  }

  ReplayResult run() {
    for (int request = 0; request < simulator_.requests(); ++request) {
      simulator_.advance(request);
      const std::optional<Plan> best = simulator_.best_in_conditions();
      if (best) {
        serve(request, *best);
      } else {
        ++result_.unservable;
      }
    }
    result_.controller = std::move(controlled_.result);
    result_.naive = std::move(naive_.result);
    result_.plans = book_.plans();
    return std::move(result_);
  }

 private:
  static Plan first_plan(const PartitionProblem& problem, const Query& query) {
    const SearchResult result = search(problem, query);
    if (!result.plans.empty()) return result.plans.front();
    throw Error(ErrorCode::infeasible, "no plan fits; relax the constraints or add links",
                "replay");
  }

  void serve(int request, const Plan& best) {
    result_.times_s.push_back(simulator_.time_of(request));
    StrategyResult& oracle = result_.oracle;
    const int number = book_.number(best);
    if (!oracle.plans.empty() && oracle.plans.back() != number) ++oracle.switches;
    record(oracle, simulator_.cost_of(best).latency_s, 0, number);
    controlled_.serve(simulator_, request, book_);
    naive_.serve(simulator_, book_);
  }

  Simulator simulator_;
  ControlledStrategy controlled_;
  NaiveStrategy naive_;
  PlanBook book_;
  ReplayResult result_;
};

// The profile's best plan, which is number 0, and the plans that the oracle ran most often.
std::vector<int> candidates(const ReplayResult& result) {
  std::vector<int> uses(result.plans.size());
  for (const int plan : result.oracle.plans) ++uses[plan];
  std::vector<int> order(result.plans.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin() + 1, order.end(), [&](int a, int b) { return uses[a] > uses[b]; });
  order.resize(std::min(order.size(), max_candidates + 1));
  return order;
}

/// Serves the same requests again, with one fixed plan for each result.
std::vector<StrategyResult> serve_with_each(Simulator simulator, const ReplayResult& result,
                                            const std::vector<int>& plans, double timeout_s) {
  std::vector<StrategyResult> kept(plans.size());
  std::size_t served = 0;
  for (int request = 0; request < simulator.requests(); ++request) {
    simulator.advance(request);
    if (!simulator.best_in_conditions()) continue;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const Plan& plan = result.plans[plans[i]];
      const bool runs = !simulator.outage_of(plan);
      if (!runs) ++kept[i].timeouts;
      record(kept[i], runs ? simulator.cost_of(plan).latency_s : result.oracle.latencies_s[served],
             runs ? 0 : timeout_s, runs ? plans[i] : result.oracle.plans[served]);
    }
    ++served;
  }
  return kept;
}

StrategyResult best_fixed(std::vector<StrategyResult> kept) {
  StrategyResult best = std::move(*std::min_element(
      kept.begin(), kept.end(),
      [](const StrategyResult& a, const StrategyResult& b) { return a.total_s < b.total_s; }));
  best.name = "static best";
  return best;
}

}  // namespace

ReplayResult replay(const PartitionProblem& problem, const Query& query,
                    const ConditionTrace& trace, const ReplayOptions& options) {
  validate(query, trace, options);
  ReplayResult result = Replay(problem, query, trace, options).run();
  if (result.times_s.empty()) return result;
  result.fixed = best_fixed(serve_with_each(Simulator(problem, query, trace, options), result,
                                            candidates(result), options.timeout_s));
  for (StrategyResult* one : {&result.controller, &result.naive, &result.fixed}) {
    one->regret = one->total_s / result.oracle.total_s - 1;
  }
  return result;
}

}  // namespace scission
