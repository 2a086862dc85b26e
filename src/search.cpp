#include "scission/search.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scission/error.hpp"
#include "search/best_first.hpp"
#include "search/cost_to_go.hpp"
#include "search/space.hpp"
#include "text.hpp"

namespace scission {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& place) {
  throw Error(ErrorCode::invalid_argument, message, place);
}

void require_layers(const std::vector<int>& layers, int last_layer, const std::string& place) {
  for (int layer : layers) {
    if (layer >= 0 && layer <= last_layer) continue;
    throw Error(ErrorCode::infeasible,
                fmt::format("layer {} is out of range; the layers are 0 to {}", layer, last_layer),
                place);
  }
}

void require_systems(const std::vector<std::string>& names, const PartitionProblem& problem,
                     const std::string& platform, const std::string& place) {
  std::vector<std::string> known;
  for (const System& system : problem.systems) {
    if (system.platform == platform) known.push_back(system.name);
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    refuse(fmt::format("no system '{}'; there is {}", name,
                       known.empty() ? "none" : text::join(known, ", ")),
           place);
  }
}

void require_not_negative(const std::optional<double>& limit, const char* what,
                          const std::string& place) {
  if (limit && !(*limit >= 0)) refuse(fmt::format("{} must be 0 or more", what), place);
}

void validate(const PartitionProblem& problem, const Query& query) {
  if (query.result_count < 1) refuse("the number of results must be 1 or more", "query");
  constexpr double most_bytes = 1e18;
  if (!(query.input_bytes >= 0 && query.input_bytes <= most_bytes)) {
    refuse("the input's size must be from 0 to 10^18 bytes", "query");
  }
  for (const auto& [platform, constraints] : query.platforms) {
    const std::string place = "constraints on " + platform;
    if (std::find(problem.platforms.begin(), problem.platforms.end(), platform) ==
        problem.platforms.end()) {
      refuse(fmt::format("no platform '{}'; there is {}", platform,
                         text::join(problem.platforms, ", ")),
             place);
    }
    const Criteria& criteria = constraints.criteria;
    require_layers(criteria.layers, problem.last_layer(), place);
    require_layers(criteria.excluded_layers, problem.last_layer(), place);
    require_systems(criteria.systems, problem, platform, place);
    require_systems(criteria.excluded_systems, problem, platform, place);
    require_not_negative(constraints.upload_bytes, "the upload limit", place);
    if (constraints.compute)
      require_not_negative(constraints.compute->value, "the time limit", place);
  }
}

}  // namespace

Result search(const PartitionProblem& problem, const Query& query) {
  validate(problem, query);
  const search_detail::Space space(problem, query);
  const search_detail::CostToGo cost_to_go(space);
  search_detail::BestFirst best_first(space, cost_to_go);

  Result result;
  result.missing_links = space.missing_links();
  while (static_cast<int>(result.plans.size()) < query.result_count) {
    std::optional<Plan> plan = best_first.next();
    if (!plan) break;
    result.plans.push_back(std::move(*plan));
  }
  return result;
}

}  // namespace scission
