#include "support/random_problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scission/base.hpp"
#include "support/brute_force.hpp"
#include "support/random_numbers.hpp"

namespace scission::testing {
namespace {

constexpr double kilobyte = 1024;

template <typename T>
const T& one_of(std::mt19937& random, const std::vector<T>& list) {
  return list[uniform(random, 0, static_cast<int>(list.size()) - 1)];
}

// Points between and beyond which interpolation is exact.
std::vector<CurvePoint> random_curve(std::mt19937& random) {
  double seconds = uniform(random, 0, 2) / 8.0;
  std::vector<CurvePoint> curve{{8 * kilobyte, seconds}};
  for (double bytes = 16 * kilobyte; bytes <= 32 * kilobyte; bytes *= 2) {
    seconds += uniform(random, 0, 2) / 8.0;
    curve.push_back({bytes, seconds});
  }
  return curve;
}

// 2^17 bytes a second at 1.048576 Mbit/s and 1/8 s at 125 ms: exact in binary.
Link random_link(std::mt19937& random) {
  Link link{125.0 * uniform(random, 0, 3), 1.048576 * (1 << uniform(random, 0, 3))};
  if (chance(random, 0.2)) link.curve = random_curve(random);
  link.joules_per_byte = uniform(random, 0, 4) * 0x1p-14;
  link.price_per_byte = uniform(random, 0, 4) * 0x1p-16;
  return link;
}

void add_systems(std::mt19937& random, const Size& size, PartitionProblem& problem) {
  const int platform_count = uniform(random, 1, size.platforms);
  const int must_have = uniform(random, 0, platform_count - 1);
  for (int platform = 0; platform < platform_count; ++platform) {
    const std::string name(1, static_cast<char>('a' + platform));
    problem.platforms.push_back(name);
    int count = uniform(random, platform == must_have ? 1 : 0, size.systems_each);
    count = std::min(count, size.systems - problem.system_count());
    for (int i = 0; i < count; ++i) problem.systems.push_back({name + std::to_string(i), name});
  }
  if (problem.systems.empty()) problem.systems.push_back({"z0", problem.platforms.back()});
  // The input lies on the first platform, which therefore needs a system.
  while (problem.platforms.front() != problem.systems.front().platform) {
    problem.platforms.erase(problem.platforms.begin());
  }
  for (System& system : problem.systems) {
    system.power_w = uniform(random, 0, 8) / 2.0;
    system.price_per_hour = seconds_per_hour * uniform(random, 0, 8);
  }
  if (chance(random, 0.1)) {
    const int named = uniform(random, 0, problem.system_count() - 1);
    problem.systems[named].name = one_of(random, problem.platforms);
  }
}

void add_blocks(std::mt19937& random, int most, PartitionProblem& problem) {
  const int block_count = uniform(random, 1, most);
  int layer = 0;
  for (int block = 0; block < block_count; ++block) {
    const int last = layer + uniform(random, 0, 2);
    problem.blocks.push_back({layer, last, 1024LL * uniform(random, 0, 64)});
    problem.memory.push_back(
        {kilobyte * uniform(random, 0, 16), kilobyte * uniform(random, 0, 16)});
    layer = last + 1;
  }
}

void add_times(std::mt19937& random, PartitionProblem& problem) {
  const bool all_free = chance(random, 0.05);
  for (int system = 0; system < problem.system_count(); ++system) {
    const bool is_free = all_free || chance(random, 0.05);
    problem.block_s.emplace_back();
    for (int block = 0; block < problem.block_count(); ++block) {
      problem.block_s.back().push_back(is_free ? 0 : uniform(random, 0, 8) / 16.0);
    }
  }
}

// Half of the problems have none.
void add_setup_times(std::mt19937& random, PartitionProblem& problem) {
  if (chance(random, 0.5)) return;
  for (int system = 0; system < problem.system_count(); ++system) {
    problem.setup_s.emplace_back();
    for (int block = 0; block < problem.block_count(); ++block) {
      problem.setup_s.back().push_back(chance(random, 0.3) ? 0 : uniform(random, 0, 8) / 16.0);
    }
  }
}

// Eighths of the requests; half of the problems have none.
void add_exits(std::mt19937& random, PartitionProblem& problem) {
  if (chance(random, 0.5)) return;
  int rest = 8;
  for (const Block& block : problem.blocks) {
    if (!chance(random, 0.4)) continue;
    const int eighths = uniform(random, 0, rest);
    rest -= eighths;
    problem.exits.push_back(block.last_layer);
    problem.exit_shares.push_back({block.last_layer, eighths / 8.0});
  }
}

void add_links(std::mt19937& random, PartitionProblem& problem) {
  const double missing = one_of(random, std::vector<double>{0, 0.1, 0.4});
  const bool all_fast = chance(random, 0.3);
  for (std::size_t i = 0; i < problem.systems.size() * problem.systems.size(); ++i) {
    problem.links.emplace_back();
    if (chance(random, missing)) continue;
    problem.links.back() = random_link(random);
    if (!all_fast) continue;
    problem.links.back()->ping_ms = 0;
    problem.links.back()->megabits_per_s *= 64;
  }
}

// A platform, or a system by its name.
std::string random_name(std::mt19937& random, const PartitionProblem& problem) {
  if (chance(random, 0.5)) return one_of(random, problem.platforms);
  const std::string& name = one_of(random, problem.systems).name;
  const bool is_platform_too =
      std::count(problem.platforms.begin(), problem.platforms.end(), name) > 0;
  return is_platform_too || chance(random, 0.5) ? "@" + name : name;
}

std::vector<std::string> random_names(std::mt19937& random, const PartitionProblem& problem) {
  std::vector<std::string> names{random_name(random, problem)};
  if (chance(random, 0.6)) names.push_back(random_name(random, problem));
  return names;
}

bool is_named(const PartitionProblem& problem, const std::string& name, const System& system) {
  if (name.front() == '@') return system.name == name.substr(1);
  const bool is_platform = std::count(problem.platforms.begin(), problem.platforms.end(), name) > 0;
  return (is_platform ? system.platform : system.name) == name;
}

std::vector<std::string> some_systems(std::mt19937& random, const PartitionProblem& problem,
                                      const std::string& name) {
  std::vector<std::string> names;
  for (const System& system : problem.systems) {
    if (is_named(problem, name, system) && chance(random, 0.5)) names.push_back(system.name);
  }
  return names;
}

int random_layer(std::mt19937& random, const PartitionProblem& problem) {
  return uniform(random, 0, problem.last_layer());
}

Criteria random_criteria(std::mt19937& random, const PartitionProblem& problem,
                         const std::string& platform) {
  Criteria criteria;
  if (chance(random, 0.2)) criteria.layers.push_back(random_layer(random, problem));
  if (chance(random, 0.2)) criteria.excluded_layers.push_back(random_layer(random, problem));
  if (chance(random, 0.2)) criteria.is_used = chance(random, 0.5);
  if (chance(random, 0.15)) criteria.systems = some_systems(random, problem, platform);
  if (chance(random, 0.15)) criteria.excluded_systems = some_systems(random, problem, platform);
  return criteria;
}

Plan random_walk(std::mt19937& random, const PartitionProblem& problem) {
  Plan plan{uniform(random, 0, problem.system_count() - 1), {}};
  for (int first = 0; first < problem.block_count();) {
    const int last = uniform(random, first, problem.block_count() - 1);
    plan.stages.push_back({uniform(random, 0, problem.system_count() - 1), first, last});
    first = last + 1;
  }
  return plan;
}

// Some plan by the query's route, ignoring its constraints; empty when none was found.
std::optional<Plan> random_plan(std::mt19937& random, const PartitionProblem& problem,
                                const Query& query) {
  Query way;
  way.route = query.route;
  way.can_revisit = query.can_revisit;
  way.sources = query.sources;
  way.sinks = query.sinks;
  way.max_stages = query.max_stages;
  for (int attempt = 0; attempt < 60; ++attempt) {
    const Plan plan = random_walk(random, problem);
    if (is_allowed(problem, way, plan)) return plan;
  }
  return std::nullopt;
}

double near(std::mt19937& random, double amount) {
  return amount * one_of(random, std::vector<double>{0.5, 0.75, 1, 1, 1, 1.25});
}

// The use of a plan on the systems of that name.
struct Share {
  double upload_bytes = 0;
  double compute_s = 0;
  double memory_bytes = 0;
};

Share share_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
               const std::string& name) {
  Share share;
  const auto is_here = [&](int system) { return is_named(problem, name, problem.systems[system]); };
  for (const Hop& hop : total.hops) {
    if (is_here(hop.from) && !is_here(hop.to)) share.upload_bytes += hop.share * hop.bytes;
  }
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (!is_here(plan.stages[i].system)) continue;
    share.compute_s += total.stage_s[i];
    share.memory_bytes =
        std::max(share.memory_bytes, held_bytes(problem, plan, plan.stages[i].system));
  }
  return share;
}

void keep_some(std::mt19937& random, const PartitionProblem& problem, const std::string& name,
               Query& query) {
  const int first = chance(random, 0.4) ? 0 : random_layer(random, problem);
  query.keep_on.push_back({name, first, uniform(random, first, problem.last_layer())});
}

// Demands that do not depend on a plan.
void add_choice(std::mt19937& random, Demand demand, const PartitionProblem& problem,
                const std::string& name, Query& query) {
  const auto criteria = [&]() -> Criteria& { return query.constraints[name].criteria; };
  switch (demand) {
    case Demand::sources:
      query.sources = random_names(random, problem);
      break;
    case Demand::sinks:
      query.sinks = random_names(random, problem);
      break;
    case Demand::return_to:
      query.return_to = name;
      break;
    case Demand::max_stages:
      query.max_stages = uniform(random, 1, 4);
      break;
    case Demand::layers:
      criteria().layers.push_back(random_layer(random, problem));
      break;
    case Demand::excluded_layers:
      criteria().excluded_layers.push_back(random_layer(random, problem));
      break;
    case Demand::used:
      criteria().is_used = chance(random, 0.7);
      break;
    case Demand::systems:
      criteria().systems = some_systems(random, problem, name);
      break;
    case Demand::excluded_systems:
      criteria().excluded_systems = some_systems(random, problem, name);
      break;
    case Demand::keep_on:
      keep_some(random, problem, name, query);
      break;
    default:
      break;
  }
}

void add_limit(std::mt19937& random, Demand demand, const PlanCost& total, const Share& share,
               const std::string& name, PartitionProblem& problem, Query& query) {
  switch (demand) {
    case Demand::upload:
      query.constraints[name].upload_bytes = near(random, share.upload_bytes);
      break;
    case Demand::compute_seconds:
      query.constraints[name].compute = TimeLimit{near(random, share.compute_s), false};
      break;
    case Demand::compute_share:
      query.constraints[name].compute = TimeLimit{uniform(random, 0, 8) / 8.0, true};
      break;
    case Demand::memory:
      query.constraints[name].memory_bytes = near(random, share.memory_bytes);
      break;
    case Demand::system_memory:
      for (System& system : problem.systems) {
        if (is_named(problem, name, system)) system.memory_bytes = near(random, share.memory_bytes);
      }
      break;
    case Demand::latency_limit:
      query.limits.latency_s = near(random, total.latency_s);
      break;
    case Demand::period_limit:
      query.limits.period_s = near(random, total.period_s);
      break;
    case Demand::traffic_limit:
      query.limits.traffic_bytes = near(random, total.traffic_bytes);
      break;
    case Demand::energy_limit:
      query.limits.energy_j = near(random, total.energy_j);
      break;
    case Demand::money_limit:
      query.limits.money = near(random, total.money);
      break;
    case Demand::error_limit:
      query.limits.error = uniform(random, 0, 3) / 16.0;
      break;
    case Demand::disagreement_limit:
      query.limits.disagreement = uniform(random, 0, 3) / 16.0;
      break;
    default:
      break;
  }
}

}  // namespace

PartitionProblem random_problem(std::mt19937& random, const Size& size) {
  PartitionProblem problem;
  problem.model = "random";
  add_systems(random, size, problem);
  add_blocks(random, size.blocks, problem);
  add_times(random, problem);
  add_setup_times(random, problem);
  add_links(random, problem);
  add_exits(random, problem);
  return problem;
}

namespace {

void add_network_like_blocks(std::mt19937& random, int blocks, PartitionProblem& problem,
                             std::vector<double>& work) {
  for (int block = 0; block < blocks; ++block) {
    const double depth = static_cast<double>(block) / blocks;
    const double bytes = 3e6 * std::exp(-4 * depth) * uniform_real(random, 0.2, 2);
    problem.blocks.push_back({2 * block, 2 * block + 1, static_cast<std::int64_t>(bytes)});
    work.push_back(std::exp(uniform_real(random, std::log(1e7), std::log(1e9))));
    problem.memory.push_back({1e5 * std::exp(4 * depth) * uniform_real(random, 0.5, 2), 2 * bytes});
  }
}

Link network_like_link(std::mt19937& random) {
  constexpr double bytes_per_megabit = 125'000;
  const double bytes_per_s = 4096.0 * std::exp(uniform_real(random, std::log(30), std::log(9000)));
  Link link{uniform_real(random, 0.5, 60), 0};
  link.megabits_per_s = std::floor(bytes_per_s / 4096) * 4096 / bytes_per_megabit;
  link.joules_per_byte = uniform_real(random, 1e-8, 1e-6);
  link.price_per_byte = uniform_real(random, 0, 1e-10);
  return link;
}

}  // namespace

PartitionProblem network_like_problem(std::mt19937& random, int platforms, int systems_each,
                                      int blocks) {
  PartitionProblem problem;
  problem.model = "network-like";
  std::vector<double> work;
  add_network_like_blocks(random, blocks, problem, work);
  for (int platform = 0; platform < platforms; ++platform) {
    const std::string name(1, static_cast<char>('a' + platform));
    problem.platforms.push_back(name);
    for (int i = 0; i < systems_each; ++i) {
      problem.systems.push_back({name + std::to_string(i), name});
      problem.systems.back().power_w = uniform_real(random, 2, 250);
      problem.systems.back().price_per_hour = uniform_real(random, 0, 4);
      const double speed = 2e9 * std::pow(4.0, platform) * uniform_real(random, 0.5, 2);
      problem.block_s.emplace_back();
      for (const double one : work) {
        problem.block_s.back().push_back(one / speed * uniform_real(random, 0.5, 2));
      }
    }
  }
  for (std::size_t i = 0; i < problem.systems.size() * problem.systems.size(); ++i) {
    problem.links.emplace_back(network_like_link(random));
  }
  return problem;
}

Query random_query(std::mt19937& random, const PartitionProblem& problem) {
  Query query;
  query.input_bytes = kilobyte * uniform(random, 0, 64);
  query.result_count = uniform(random, 1, 40);
  for (const std::string& platform : problem.platforms) {
    if (chance(random, 0.4)) continue;
    Constraints& constraints = query.constraints[platform];
    constraints.criteria = random_criteria(random, problem, platform);
    if (chance(random, 0.2)) constraints.upload_bytes = kilobyte * uniform(random, 0, 64);
    if (chance(random, 0.15)) constraints.compute = TimeLimit{uniform(random, 0, 16) / 8.0, false};
    if (chance(random, 0.15)) constraints.compute = TimeLimit{uniform(random, 0, 8) / 8.0, true};
  }
  return query;
}

const std::vector<Mode>& all_modes() {
  static const std::vector<Mode> modes{Mode::platform_order, Mode::each_once, Mode::revisit};
  return modes;
}

void set_mode(Mode mode, Query& query) {
  query.route = mode == Mode::platform_order ? Route::platform_order : Route::any_order;
  query.can_revisit = mode == Mode::revisit;
}

const std::vector<Aim>& all_aims() {
  static const std::vector<Aim> aims{Aim::latency, Aim::period, Aim::traffic,        Aim::energy,
                                     Aim::money,   Aim::sum,    Aim::sum_with_period};
  return aims;
}

Objective random_objective(std::mt19937& random, Aim aim) {
  switch (aim) {
    case Aim::latency:
      return single_objective(Metric::latency);
    case Aim::period:
      return single_objective(Metric::period);
    case Aim::traffic:
      return single_objective(Metric::traffic);
    case Aim::energy:
      return single_objective(Metric::energy);
    case Aim::money:
      return single_objective(Metric::money);
    default:
      break;
  }
  const std::vector<double> weights{0, 0.5, 1, 2};
  Objective objective;
  objective.latency = one_of(random, weights);
  objective.traffic = one_of(random, weights) * 0x1p-16;
  objective.energy = one_of(random, weights);
  objective.money = one_of(random, weights) / 4;
  objective.period = 0;
  if (aim == Aim::sum_with_period) objective.period = 1 << uniform(random, 0, 2);
  const bool has_sum =
      objective.latency + objective.traffic + objective.energy + objective.money > 0;
  if (!has_sum) objective.latency = 1;
  return objective;
}

const std::vector<Demand>& all_demands() {
  static const std::vector<Demand> demands = [] {
    std::vector<Demand> list;
    for (int i = 0; i <= static_cast<int>(Demand::disagreement_limit); ++i) {
      list.push_back(static_cast<Demand>(i));
    }
    return list;
  }();
  return demands;
}

std::string to_string(Demand demand) {
  static const std::vector<std::string> names{"sources",       "sinks",
                                              "return_to",     "max_stages",
                                              "layers",        "excluded layers",
                                              "used",          "systems",
                                              "excluded",      "keep_on",
                                              "upload",        "compute seconds",
                                              "compute share", "memory",
                                              "system memory", "latency limit",
                                              "period limit",  "traffic limit",
                                              "energy limit",  "money limit",
                                              "error limit",   "disagreement limit"};
  return names.at(static_cast<std::size_t>(demand));
}

void add_demand(std::mt19937& random, Demand demand, PartitionProblem& problem, Query& query) {
  const std::string name = random_name(random, problem);
  add_choice(random, demand, problem, name, query);
  if (demand == Demand::return_to) problem.exit_shares.clear();  // both are refused together
  if (demand < Demand::upload) return;
  const std::optional<Plan> plan = random_plan(random, problem, query);
  if (!plan) return;
  const PlanCost total = added_up(problem, *plan, query.input_bytes);
  add_limit(random, demand, total, share_of(problem, *plan, total, name), name, problem, query);
}

double value_of(const Question& question, const Plan& plan) {
  return value_of(question.problem, question.query, plan);
}

Question random_question(std::mt19937& random, Mode mode, Aim aim,
                         const std::vector<Demand>& demands) {
  Question question;
  const Size ordered{3, 3, 7, 6};
  question.problem =
      random_problem(random, mode == Mode::platform_order ? ordered : any_order_size);
  set_mode(mode, question.query);
  question.query.objective = random_objective(random, aim);
  question.query.input_bytes = kilobyte * uniform(random, 0, 64);
  question.query.result_count = chance(random, 0.1) ? 500 : uniform(random, 1, 40);
  for (Demand demand : demands) add_demand(random, demand, question.problem, question.query);
  return question;
}

void add_codecs(std::mt19937& random, PartitionProblem& problem, Query& query) {
  const auto amounts = [&](auto amount) {
    std::vector<double> list;
    for (int block = 0; block <= problem.block_count(); ++block) list.push_back(amount(block));
    return list;
  };
  const auto times = [&] {
    std::vector<std::vector<double>> all;
    const double missing = chance(random, 0.2) ? 0.3 : 0;
    for (int system = 0; system < problem.system_count(); ++system) {
      all.push_back(amounts([&](int) {
        return chance(random, missing) ? std::numeric_limits<double>::infinity()
                                       : uniform(random, 0, 3) / 16.0;
      }));
      if (std::isinf(all.back().front())) all.back().front() = 0.25;  // every system has it
    }
    return all;
  };
  const int count = uniform(random, 1, 3);
  const int parts = uniform(random, 1, 8);
  for (int i = 0; i < count; ++i) {
    CodecCosts& codec = problem.codecs.emplace_back();
    codec.name = std::string(1, static_cast<char>('p' + i));
    codec.bytes = amounts([&](int block) {
      if (chance(random, 0.1)) return std::numeric_limits<double>::infinity();
      const double raw = block == 0 ? query.input_bytes
                                    : static_cast<double>(problem.blocks[block - 1].output_bytes);
      return chance(random, 0.1) ? raw + kilobyte : raw * uniform(random, 0, parts) / 8;
    });
    if (chance(random, 0.8))
      codec.error = amounts([&](int) { return uniform(random, 0, 3) / 16.0; });
    if (chance(random, 0.8)) {
      codec.disagreement = amounts([&](int) { return uniform(random, 0, 3) / 16.0; });
    }
    codec.encode_s = times();
    codec.decode_s = times();
    if (chance(random, 0.85)) query.codecs.push_back(codec.name);
  }
  if (chance(random, 0.2)) query.codecs.push_back("raw");
  std::shuffle(query.codecs.begin(), query.codecs.end(), random);
}

Question random_coded_question(std::mt19937& random, Mode mode, Aim aim,
                               const std::vector<Demand>& demands) {
  Question question;
  const Size ordered{3, 3, 6, 5};
  const Size any_order{3, 2, 3, 4};
  question.problem = random_problem(random, mode == Mode::platform_order ? ordered : any_order);
  set_mode(mode, question.query);
  question.query.objective = random_objective(random, aim);
  question.query.input_bytes = kilobyte * uniform(random, 0, 64);
  question.query.result_count = chance(random, 0.1) ? 500 : uniform(random, 1, 40);
  add_codecs(random, question.problem, question.query);
  if (aim == Aim::sum || aim == Aim::sum_with_period) {
    question.query.objective.error = uniform(random, 0, 2);
    question.query.objective.disagreement = uniform(random, 0, 1) / 2.0;
  }
  for (Demand demand : demands) add_demand(random, demand, question.problem, question.query);
  return question;
}

namespace {

std::vector<Demand> some_demands(std::mt19937& random) {
  std::vector<Demand> demands;
  for (int i = uniform(random, 0, 5); i > 0; --i) demands.push_back(one_of(random, all_demands()));
  std::sort(demands.begin(), demands.end());
  return demands;
}

}  // namespace

Question random_coded_question(std::mt19937& random) {
  const std::vector<Demand> demands = some_demands(random);
  const Mode mode = one_of(random, all_modes());
  const Aim aim = one_of(random, all_aims());
  return random_coded_question(random, mode, aim, demands);
}

Question random_question(std::mt19937& random) {
  const std::vector<Demand> demands = some_demands(random);
  const Mode mode = one_of(random, all_modes());
  const Aim aim = one_of(random, all_aims());
  return random_question(random, mode, aim, demands);
}

}  // namespace scission::testing
