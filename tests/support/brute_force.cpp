#include "support/brute_force.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "scission/base.hpp"
#include "support/meant_systems.hpp"

namespace scission::testing {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Limits have a relative tolerance of 10⁻¹².
bool within(double amount, double limit) { return amount <= limit * (1 + 1e-12); }

bool within(double amount, const std::optional<double>& limit) {
  return !limit || within(amount, *limit);
}

// The constraints of one query, applied to whole plans.
struct Judge {
  const PartitionProblem& problem;
  const Query& query;

  bool may_be_source(int system) const {
    if (!query.sources.empty()) return is_any_meant(problem, query.sources, system);
    return problem.systems[system].platform == problem.systems.front().platform;
  }

  // Whether the plan's next stage may be on this system.
  bool may_follow(const Plan& plan, int system) const {
    const bool is_first = plan.stages.empty();
    const int at = is_first ? plan.source : plan.stages.back().system;
    if (system == at) {
      return is_first;  // later it would extend the same stage
    }
    if (!problem.link(at, system)) return false;
    if (query.route == Route::platform_order) {
      return problem.platform_of(at) < problem.platform_of(system);
    }
    return query.can_revisit || !runs(plan, system);
  }

  static bool runs(const Plan& plan, int system) {
    return std::any_of(plan.stages.begin(), plan.stages.end(),
                       [&](const Stage& stage) { return stage.system == system; });
  }

  // The allowed destinations of the output: {empty} when it stays.
  std::vector<std::optional<int>> destinations(const Plan& plan) const {
    if (!query.return_to) return {std::nullopt};
    if (is_meant(problem, *query.return_to, plan.source)) return {plan.source};
    std::vector<std::optional<int>> all;
    for (int system = 0; system < problem.system_count(); ++system) {
      if (is_meant(problem, *query.return_to, system)) all.emplace_back(system);
    }
    return all;
  }

  bool may_end(const Plan& plan) const {
    const int last = plan.stages.back().system;
    if (!query.sinks.empty() && !is_any_meant(problem, query.sinks, last)) return false;
    return !plan.destination || *plan.destination == last || problem.link(last, *plan.destination);
  }

  int system_of_layer(const Plan& plan, int layer) const {
    for (const Stage& stage : plan.stages) {
      if (problem.blocks[stage.first_block].first_layer <= layer &&
          layer <= problem.blocks[stage.last_block].last_layer) {
        return stage.system;
      }
    }
    return -1;
  }

  bool keeps_layers(const Plan& plan, const std::string& name, const Criteria& criteria) const {
    const auto is_here = [&](int layer) {
      return is_meant(problem, name, system_of_layer(plan, layer));
    };
    const bool is_used = std::any_of(plan.stages.begin(), plan.stages.end(), [&](const Stage& s) {
      return is_meant(problem, name, s.system);
    });
    return std::all_of(criteria.layers.begin(), criteria.layers.end(), is_here) &&
           std::none_of(criteria.excluded_layers.begin(), criteria.excluded_layers.end(),
                        is_here) &&
           criteria.is_used.value_or(is_used) == is_used;
  }

  bool keeps_names(const Plan& plan, const std::string& name, const Criteria& criteria) const {
    bool runs_named = false;
    const auto is_permitted = [&](int system) {
      if (!is_meant(problem, name, system)) return true;
      const std::string& own = problem.systems[system].name;
      if (contains(criteria.excluded_systems, own)) return false;
      return criteria.systems.empty() || contains(criteria.systems, own);
    };
    for (const Stage& stage : plan.stages) {
      if (!is_permitted(stage.system)) return false;
      runs_named = runs_named || is_meant(problem, name, stage.system);
    }
    return is_permitted(plan.source) && (criteria.systems.empty() || runs_named);
  }

  bool keeps_upload(const PlanCost& total, const std::string& name,
                    const Constraints& constraints) const {
    double uploaded = 0;
    for (const Hop& hop : total.hops) {
      const bool leaves = is_meant(problem, name, hop.from) && !is_meant(problem, name, hop.to);
      if (leaves) uploaded += hop.share * hop.bytes;
    }
    return within(uploaded, constraints.upload_bytes);
  }

  bool keeps_compute(const Plan& plan, const PlanCost& total, const std::string& name,
                     const Constraints& constraints) const {
    if (!constraints.compute) return true;
    double here = 0;
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      if (is_meant(problem, name, plan.stages[i].system)) here += total.stage_s[i];
    }
    const TimeLimit& limit = *constraints.compute;
    return within(here, limit.is_share ? limit.value * total.compute_s : limit.value);
  }

  bool keeps_memory(const Plan& plan) const {
    for (int system = 0; system < problem.system_count(); ++system) {
      if (!runs(plan, system)) continue;
      const auto fits = [&](const std::optional<double>& limit) {
        return !limit || within(held_bytes(problem, plan, system), limit);
      };
      if (!fits(problem.systems[system].memory_bytes)) return false;
      for (const auto& [name, constraints] : query.constraints) {
        if (is_meant(problem, name, system) && !fits(constraints.memory_bytes)) return false;
      }
    }
    return true;
  }

  bool keeps_on(const Plan& plan, const KeepOn& keep_on) const {
    for (int layer = keep_on.first_layer; layer <= keep_on.last_layer; ++layer) {
      if (!is_meant(problem, keep_on.name, system_of_layer(plan, layer))) return false;
    }
    return keep_on.first_layer > 0 || is_meant(problem, keep_on.name, plan.source);
  }

  bool keeps_limits(const PlanCost& total) const {
    const PlanLimits& limits = query.limits;
    return within(total.latency_s, limits.latency_s) && within(total.period_s, limits.period_s) &&
           within(total.traffic_bytes, limits.traffic_bytes) &&
           within(total.energy_j, limits.energy_j) && within(total.money, limits.money) &&
           within(total.error, limits.error) && within(total.disagreement, limits.disagreement);
  }

  // The plan has passed may_follow(), may_be_source(), may_end() and destinations().
  bool keeps_all(const Plan& plan, const PlanCost& total) const {
    if (query.max_stages && static_cast<int>(plan.stages.size()) > *query.max_stages) return false;
    for (const auto& [name, constraints] : query.constraints) {
      if (!keeps_layers(plan, name, constraints.criteria) ||
          !keeps_names(plan, name, constraints.criteria) ||
          !keeps_upload(total, name, constraints) ||
          !keeps_compute(plan, total, name, constraints)) {
        return false;
      }
    }
    return std::all_of(query.keep_on.begin(), query.keep_on.end(),
                       [&](const KeepOn& keep_on) { return keeps_on(plan, keep_on); }) &&
           keeps_memory(plan) && keeps_limits(total);
  }
};

// Calls `found` with every completion from block next_block on.
template <typename Found>
void extend(const Judge& judge, Plan& plan, int next_block, const Found& found) {
  if (next_block == judge.problem.block_count()) {
    found(plan);
    return;
  }
  for (int system = 0; system < judge.problem.system_count(); ++system) {
    if (!judge.may_follow(plan, system)) continue;
    for (int last = next_block; last < judge.problem.block_count(); ++last) {
      plan.stages.push_back({system, next_block, last});
      extend(judge, plan, last + 1, found);
      plan.stages.pop_back();
    }
  }
}

template <typename Found>
void enumerate(const Judge& judge, const Found& found) {
  for (int source = 0; source < judge.problem.system_count(); ++source) {
    if (!judge.may_be_source(source)) continue;
    Plan start{source, {}};
    extend(judge, start, 0, [&](Plan plan) {
      for (const std::optional<int>& destination : judge.destinations(plan)) {
        plan.destination = destination;
        if (judge.may_end(plan)) found(plan);
      }
    });
  }
}

// Calls `found` with every way to code the plan's hops.
template <typename Found>
void enumerate_codecs(const PartitionProblem& problem, const Query& query, Plan& plan,
                      std::size_t hop, const Found& found) {
  if (hop > plan.stages.size()) {
    found(plan);
    return;
  }
  const int from = hop == 0 ? plan.source : plan.stages[hop - 1].system;
  const int to =
      hop < plan.stages.size() ? plan.stages[hop].system : plan.destination.value_or(from);
  const int block = hop < plan.stages.size() ? plan.stages[hop].first_block : problem.block_count();
  for (int codec = -1; codec < static_cast<int>(problem.codecs.size()); ++codec) {
    if (codec >= 0) {
      const CodecCosts& costs = problem.codecs[codec];
      if (from == to || !contains(query.codecs, costs.name)) continue;
      if (costs.bytes[block] + costs.encode_s[from][block] + costs.decode_s[to][block] > 1e300) {
        continue;
      }
    }
    plan.codecs[hop] = codec;
    enumerate_codecs(problem, query, plan, hop + 1, found);
  }
}

double value_of(const Objective& objective, const PlanCost& total) {
  double sum = 0;
  for (Metric measure : {Metric::latency, Metric::period, Metric::traffic, Metric::energy,
                         Metric::money, Metric::error, Metric::disagreement}) {
    const double weight = objective.weight(measure);
    if (weight > 0) sum += weight * amount_of(measure, total);
  }
  return sum;
}

bool is_period_alone(const Objective& objective) {
  return objective.period > 0 && objective.latency == 0 && objective.traffic == 0 &&
         objective.energy == 0 && objective.money == 0 && objective.error == 0 &&
         objective.disagreement == 0;
}

std::vector<int> choices(const Plan& plan) {
  std::vector<int> list{plan.source};
  for (const Stage& stage : plan.stages) {
    list.push_back(stage.system);
    list.push_back(stage.last_block);
  }
  if (plan.destination) list.push_back(*plan.destination);
  return list;
}

using Rank = std::tuple<double, double, std::size_t, std::vector<int>>;

Rank rank_of(const Query& query, const Plan& plan, const PlanCost& total) {
  const double second = is_period_alone(query.objective) ? total.latency_s : 0;
  return {value_of(query.objective, total), second, plan.stages.size(), choices(plan)};
}

// A link's figure; 0 where no link of the problem states it.
double figure_of(const PartitionProblem& problem, const Link& link,
                 std::optional<double> Link::*figure) {
  if (link.*figure) return *(link.*figure);
  for (const std::optional<Link>& other : problem.links) {
    if (other && ((*other).*figure)) return unknown;
  }
  return 0;
}

// What coding into a block costs.
void add_coding(const PartitionProblem& problem, int block, Hop& hop, PlanCost& total) {
  const CodecCosts& costs = problem.codecs[hop.codec];
  hop.bytes = costs.bytes[block];
  hop.encode_s = hop.share * costs.encode_s[hop.from][block];
  hop.decode_s = hop.share * costs.decode_s[hop.to][block];
  const System& sender = problem.systems[hop.from];
  const System& receiver = problem.systems[hop.to];
  total.coding_s += hop.encode_s + hop.decode_s;
  total.energy_j += hop.encode_s * sender.power_w.value_or(unknown);
  total.energy_j += hop.decode_s * receiver.power_w.value_or(unknown);
  total.money += hop.encode_s * (sender.price_per_hour.value_or(unknown) / seconds_per_hour);
  total.money += hop.decode_s * (receiver.price_per_hour.value_or(unknown) / seconds_per_hour);
  if (!costs.error.empty()) total.error += costs.error[block];
  if (!costs.disagreement.empty()) total.disagreement += costs.disagreement[block];
}

void add_hop(const PartitionProblem& problem, Hop hop, int block, PlanCost& total) {
  if (hop.from == hop.to) return;
  if (hop.codec >= 0) add_coding(problem, block, hop, total);
  const Link& link = *problem.link(hop.from, hop.to);
  hop.seconds = hop.share * link.transfer_s(hop.bytes);
  total.hops.push_back(hop);
  total.transfer_s += hop.seconds;
  double bytes = hop.bytes;
  const double share = hop.share;
  bytes *= share;
  total.traffic_bytes += bytes;
  total.energy_j += bytes * figure_of(problem, link, &Link::joules_per_byte);
  total.money += bytes * figure_of(problem, link, &Link::price_per_byte);
}

double busiest(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  const std::size_t count = problem.systems.size();
  std::vector<double> system_s(count), link_s(count * count);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    system_s[plan.stages[i].system] += total.stage_s[i];
  }
  for (const Hop& hop : total.hops) {
    system_s[hop.from] += hop.encode_s;
    system_s[hop.to] += hop.decode_s;
    link_s[hop.from * count + hop.to] +=
        hop.share * problem.link(hop.from, hop.to)->busy_s(hop.bytes);
  }
  return std::max(*std::max_element(system_s.begin(), system_s.end()),
                  *std::max_element(link_s.begin(), link_s.end()));
}

}  // namespace

PlanCost added_up(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  PlanCost total;
  int at = plan.source;
  double crossing = input_bytes;
  const auto codec_of = [&](std::size_t hop) {
    return plan.codecs.empty() ? -1 : plan.codecs[hop];
  };
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    const double share = share_reaching(problem, stage.first_block);
    add_hop(problem, {at, stage.system, crossing, share, 0, codec_of(i)}, stage.first_block, total);
    at = stage.system;
    crossing = static_cast<double>(problem.blocks[stage.last_block].output_bytes);
    double seconds = 0;
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      seconds += share_reaching(problem, block) * problem.block_s[at][block];
    }
    total.stage_s.push_back(seconds);
    total.compute_s += seconds;
    total.stage_setup_s.push_back(problem.setup_s.empty()
                                      ? 0
                                      : share_reaching(problem, stage.first_block) *
                                            problem.setup_s[at][stage.first_block]);
    total.setup_s += total.stage_setup_s.back();
    seconds += total.stage_setup_s.back();
    total.energy_j += seconds * problem.systems[at].power_w.value_or(unknown);
    const double price_per_hour = problem.systems[at].price_per_hour.value_or(unknown);
    total.money += seconds * (price_per_hour / seconds_per_hour);
  }
  if (plan.destination) {
    add_hop(problem, {at, *plan.destination, crossing, 1, 0, codec_of(plan.stages.size())},
            problem.block_count(), total);
  }
  total.latency_s = total.compute_s + total.setup_s + total.transfer_s + total.coding_s;
  total.period_s = busiest(problem, plan, total);
  return total;
}

double share_reaching(const PartitionProblem& problem, int block) {
  double share = 1;
  for (int before = 0; before < block; ++before) {
    for (const ExitShare& exit : problem.exit_shares) {
      if (exit.layer == problem.blocks[before].last_layer) share -= exit.share;
    }
  }
  return share;
}

double held_bytes(const PartitionProblem& problem, const Plan& plan, int system) {
  double weights = 0;
  double activations = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.system != system) continue;
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      weights += problem.memory[block].weight_bytes;
      activations = std::max(activations, problem.memory[block].activation_bytes);
    }
  }
  return weights + activations;
}

double amount_of(Metric measure, const PlanCost& total) {
  switch (measure) {
    case Metric::latency:
      return total.latency_s;
    case Metric::period:
      return total.period_s;
    case Metric::traffic:
      return total.traffic_bytes;
    case Metric::energy:
      return total.energy_j;
    case Metric::money:
      return total.money;
    case Metric::error:
      return total.error;
    case Metric::disagreement:
      return total.disagreement;
  }
  return unknown;
}

double value_of(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  return value_of(query.objective, added_up(problem, plan, query.input_bytes));
}

bool is_allowed(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  const Judge judge{problem, query};
  if (!judge.may_be_source(plan.source) || plan.stages.empty()) return false;
  Plan walked{plan.source, {}, plan.destination};
  int next_block = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.first_block != next_block || stage.last_block < next_block) return false;
    if (!judge.may_follow(walked, stage.system)) return false;
    next_block = stage.last_block + 1;
    walked.stages.push_back(stage);
  }
  const std::vector<std::optional<int>> destinations = judge.destinations(plan);
  return next_block == problem.block_count() &&
         std::count(destinations.begin(), destinations.end(), plan.destination) == 1 &&
         judge.may_end(plan) && judge.keeps_all(plan, added_up(problem, plan, query.input_bytes));
}

std::vector<Plan> every_plan(const PartitionProblem& problem, const Query& query) {
  const Judge judge{problem, query};
  std::vector<std::pair<Rank, Plan>> ranked;
  enumerate(judge, [&](const Plan& plan) {
    std::optional<std::pair<Rank, Plan>> best;
    Plan coded = plan;
    coded.codecs.assign(plan.stages.size() + 1, -1);
    enumerate_codecs(problem, query, coded, 0, [&](const Plan& one) {
      const PlanCost total = added_up(problem, one, query.input_bytes);
      if (!judge.keeps_all(one, total)) return;
      Rank rank = rank_of(query, one, total);
      if (!best || rank < best->first) best.emplace(std::move(rank), one);
    });
    if (!best) return;
    std::vector<int>& codecs = best->second.codecs;
    if (std::all_of(codecs.begin(), codecs.end(), [](int codec) { return codec < 0; })) {
      codecs.clear();
    }
    ranked.push_back(std::move(*best));
  });
  std::sort(ranked.begin(), ranked.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Plan> plans;
  for (auto& entry : ranked) plans.push_back(std::move(entry.second));
  return plans;
}

}  // namespace scission::testing
