// Probing links in proportion to what they can change.
#include <algorithm>
#include <optional>

#include "scission/runtime/gather/gather.hpp"

namespace scission::runtime {
namespace {

using LinkEnds = std::pair<std::string, std::string>;

constexpr int rounds_for_value = 9;
constexpr int rounds_for_ranking = 15;
constexpr double max_time_for_ranking_s = 30;
constexpr double max_error_factor = 3;  ///< factor by which a short measurement may be off

Link scaled(Link link, double factor) {
  link.ping_ms *= factor;
  link.megabits_per_s /= factor;
  for (CurvePoint& point : link.curve) point.seconds *= factor;
  return link;
}

Network merged(const Network& network, const Network& better) {
  std::vector<NetworkRow> rows = network.rows();
  for (NetworkRow& row : rows) {
    for (const NetworkRow& other : better.rows()) {
      if (other.source == row.source && other.destination == row.destination) row = other;
    }
  }
  return Network(std::move(rows));
}

}  // namespace

std::map<std::pair<std::string, std::string>, int> link_rounds(PartitionProblem problem,
                                                               const Query& query, int few) {
  Query best_only = query;
  best_only.result_count = 1;
  const std::vector<System> systems = problem.systems;
  Planner planner(std::move(problem), best_only);
  const std::vector<Plan> present = planner.plan().plans;
  const auto value_of = [&](const Plan& plan) {
    return objective_value(query.objective, plan.cost);
  };
  std::map<LinkEnds, int> rounds;
  for (int from = 0; from < static_cast<int>(systems.size()); ++from) {
    for (int to = 0; to < static_cast<int>(systems.size()); ++to) {
      const std::optional<Link> link = planner.problem().link(from, to);
      if (!link || from == to) continue;
      int& needed = rounds[{systems[from].name, systems[to].name}];
      needed = few;
      for (const double factor : {1 / max_error_factor, max_error_factor}) {
        planner.set_link(from, to, scaled(*link, factor));
        const std::vector<Plan> plans = planner.plan().plans;
        if (present.empty() || plans.empty()) continue;
        if (plans[0].stages != present[0].stages) needed = rounds_for_ranking;
        if (value_of(plans[0]) != value_of(present[0])) needed = std::max(needed, rounds_for_value);
      }
      planner.set_link(from, to, link);
    }
  }
  return rounds;
}

Network gather_links(const Clients& workers, const std::vector<SystemProfile>& profiles,
                     const GatherOptions& options, const Query& query) {
  constexpr int few = 2;
  LinkOptions measuring;
  measuring.bytes = link_sizes(static_cast<std::size_t>(largest_output(profiles)));
  measuring.repeats = few;
  Network network = measure_all_links(workers, options.source, measuring, options.on_link_progress);
  const PartitionProblem problem = make_problem(profiles, network, options.remote_model.name,
                                                {source_platform, worker_platform});
  const std::map<LinkEnds, int> rounds = link_rounds(problem, query, few);
  for (const int wanted : {rounds_for_value, rounds_for_ranking}) {
    measuring.repeats = wanted;
    if (wanted == rounds_for_ranking) measuring.max_time_s = max_time_for_ranking_s;
    measuring.is_wanted = [&](const std::string& from, const std::string& to) {
      const auto found = rounds.find({from, to});
      return found != rounds.end() && found->second == wanted;
    };
    network = merged(
        network, measure_all_links(workers, options.source, measuring, options.on_link_progress));
  }
  write_network(network, options.folder / "network.csv");
  return network;
}

}  // namespace scission::runtime
