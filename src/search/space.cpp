#include "search/space.hpp"

#include <algorithm>
#include <limits>

namespace scission::search_detail {
namespace {

template <typename T>
bool contains(const std::vector<T>& list, const T& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool names_allow(const Criteria& criteria, const std::string& system) {
  if (contains(criteria.excluded_systems, system)) return false;
  return criteria.systems.empty() || contains(criteria.systems, system);
}

bool holds_any(const Block& block, const std::vector<int>& layers) {
  return std::any_of(layers.begin(), layers.end(), [&](int layer) {
    return block.first_layer <= layer && layer <= block.last_layer;
  });
}

}  // namespace

Space::Space(const PartitionProblem& problem, const Query& query)
    : problem_(problem), input_bytes_(query.input_bytes), ticks_(problem, query.input_bytes) {
  for (const std::string& platform : problem.platforms) {
    rules_.push_back(rules_for(platform, query));
  }
  for (int system = 0; system < system_count(); ++system) {
    platform_.push_back(problem.platform_of(system));
    const Criteria& criteria = rules_[platform_[system]].criteria;
    allowed_.push_back(names_allow(criteria, problem.systems[system].name));
    if (allowed_[system] && platform_[system] == problem.source_platform()) {
      sources_.push_back(system);
    }
  }
  fill_connections();
  fill_run_costs();
  fill_furthest_ends();
}

Space::PlatformRules Space::rules_for(const std::string& platform, const Query& query) {
  constexpr double no_limit = std::numeric_limits<double>::infinity();
  PlatformRules rules{{}, no_limit, no_limit, false};
  const auto found = query.platforms.find(platform);
  if (found == query.platforms.end()) return rules;

  const PlatformConstraints& constraints = found->second;
  rules.criteria = constraints.criteria;
  rules.required = constraints.criteria.requires_use();
  rules.upload_bytes = constraints.upload_bytes.value_or(no_limit) * (1 + limit_slack);
  if (constraints.compute && !constraints.compute->is_share) {
    rules.longest_s = constraints.compute->value;
  } else if (constraints.compute) {
    share_limits_.push_back({static_cast<int>(rules_.size()), constraints.compute->value});
  }
  return rules;
}

// A layer that is wanted on one platform is forbidden on every other.
bool Space::may_run(int block, int system) const {
  const Block& layers = problem_.blocks[block];
  for (int platform = 0; platform < static_cast<int>(rules_.size()); ++platform) {
    const Criteria& criteria = rules_[platform].criteria;
    const bool here = platform == platform_[system];
    if (here && holds_any(layers, criteria.excluded_layers)) return false;
    if (!here && holds_any(layers, criteria.layers)) return false;
  }
  return may_use(system);
}

// run_until_ and slowest_rest_, both sums over whole ticks.
void Space::fill_run_costs() {
  const int n = block_count();
  run_until_.assign(at(n + 1, 0), 0);
  slowest_rest_.assign(n + 1, 0);
  for (int block = 0; block < n; ++block) {
    for (int system = 0; system < system_count(); ++system) {
      const Cost seconds = ticks_(problem_.block_s[system][block]);
      run_until_[at(block + 1, system)] = run_until_[at(block, system)] + seconds;
      slowest_rest_[block] = std::max(slowest_rest_[block], seconds);
    }
  }
  for (int block = n - 1; block >= 0; --block) slowest_rest_[block] += slowest_rest_[block + 1];
}

// From the last block backwards: a stage can go no further than one that begins a block later,
// ends before the first forbidden block, and shrinks from its end while it takes too long.
void Space::fill_furthest_ends() {
  const int n = block_count();
  furthest_end_.assign(at(n + 1, 0), n);
  for (int system = 0; system < system_count(); ++system) {
    const double longest_s = rules_[platform_[system]].longest_s;
    const Cost longest = ticks_.limit(longest_s);
    int end = n;
    for (int block = n - 1; block >= 0; --block) {
      if (!may_run(block, system)) end = block;
      while (end > block && run(system, block, end) > longest) --end;
      furthest_end_[at(block, system)] = end;
    }
  }
}

bool Space::may_use(int system) const {
  return allowed_[system] && rules_[platform_[system]].criteria.used.value_or(true);
}

bool Space::may_send(int system) const { return may_use(system) || contains(sources_, system); }

bool Space::skips_required(int after, int before) const {
  for (int platform = after + 1; platform < before; ++platform) {
    if (rules_[platform].required) return true;
  }
  return false;
}

bool Space::in_order(int from, int to) const {
  return platform_[from] < platform_[to] && !skips_required(platform_[from], platform_[to]);
}

void Space::fill_connections() {
  connections_.resize(at(system_count(), 0));
  for (int from = 0; from < system_count(); ++from) {
    for (int to = 0; to < system_count(); ++to) {
      const std::optional<Link>& link = problem_.link(from, to);
      if (!link || !in_order(from, to)) continue;
      connections_[at(from, to)] = {true, link->ping_s(), link->bytes_per_s(),
                                    rules_[platform_[from]].upload_bytes};
    }
  }
}

// The same sum as Link::transfer_s.
Cost Space::hop(int from, int to, double bytes) const {
  const Connection& connection = connections_[at(from, to)];
  if (!connection.allowed || bytes > connection.most_bytes) return unreachable;
  return ticks_(connection.ping_s + bytes / connection.bytes_per_s) + Ticks::stage;
}

Cost Space::enter_first(int source, int system) const {
  if (skips_required(-1, platform_[system])) return unreachable;
  return system == source ? Ticks::stage : hop(source, system, input_bytes_);
}

Cost Space::enter(int block, int from, int to) const {
  return hop(from, to, problem_.bytes_into(block, input_bytes_));
}

Cost Space::run(int system, int first, int end) const {
  return run_until_[at(end, system)] - run_until_[at(first, system)];
}

bool Space::may_finish(int system) const {
  return !skips_required(platform_[system], static_cast<int>(rules_.size()));
}

std::vector<MissingLink> Space::missing_links() const {
  std::vector<MissingLink> missing;
  for (int from = 0; from < system_count(); ++from) {
    for (int to = 0; to < system_count(); ++to) {
      const bool wanted = may_send(from) && may_use(to) && in_order(from, to);
      if (wanted && !problem_.link(from, to)) missing.push_back({from, to});
    }
  }
  return missing;
}

}  // namespace scission::search_detail
