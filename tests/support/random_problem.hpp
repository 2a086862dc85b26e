// Seeded random problems and queries.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission::testing {

/// Maximum sizes.
struct Size {
  int platforms = 4;
  int systems_each = 3;
  int systems = 12;
  int blocks = 8;
};

/// Few enough for every_plan() in any order.
inline constexpr Size any_order_size{3, 3, 4, 5};

/// Every figure is a small multiple of a power of two (a price per hour, 3600 times that), so that
/// costs add up without rounding and equal costs are frequent. All figures are known; links may be
/// missing, curves, or free, times may be 0, platforms empty, and a system may have a platform's
/// name.
PartitionProblem random_problem(std::mt19937& random, const Size& size = {});

/// Adds codecs, of which some lack a cut or a system, and allows the query some of them and raw.
/// All figures are as exact as those of random_problem(), and equal costs are frequent.
void add_codecs(std::mt19937& random, PartitionProblem& problem, Query& query);

/// Distinct figures that resemble a convolutional network on machines of different speed: sizes
/// grow first and shrink later, compute times vary by a factor of a hundred. Every system has a
/// link to every other, and all figures are known. Bandwidths are multiples of 4096 bytes a second.
PartitionProblem network_like_problem(std::mt19937& random, int platforms, int systems_each,
                                      int blocks);

/// Random constraints of every kind on platforms, in the platforms' order.
Query random_query(std::mt19937& random, const PartitionProblem& problem);

enum class Mode { platform_order, each_once, revisit };
const std::vector<Mode>& all_modes();
void set_mode(Mode mode, Query& query);

/// The composition of an objective.
enum class Aim { latency, period, traffic, energy, money, sum, sum_with_period };
const std::vector<Aim>& all_aims();

/// The weights of sums are powers of two, too; those of bytes are 2⁻¹⁶ of them.
Objective random_objective(std::mt19937& random, Aim aim);

/// The parts of a query, each by itself.
enum class Demand {
  sources,
  sinks,
  return_to,
  max_stages,
  layers,
  excluded_layers,
  used,
  systems,
  excluded_systems,
  keep_on,
  upload,
  compute_seconds,
  compute_share,
  memory,
  system_memory,  // written into the problem
  latency_limit,
  period_limit,
  traffic_limit,
  energy_limit,
  money_limit,
  error_limit,  // without codecs nothing exceeds it
  disagreement_limit
};
const std::vector<Demand>& all_demands();
std::string to_string(Demand demand);

/// Adds the demand on random names. Limits are near the value of some plan, so that they often
/// bind, and often exactly.
void add_demand(std::mt19937& random, Demand demand, PartitionProblem& problem, Query& query);

struct Question {
  PartitionProblem problem;
  Query query;
};

/// The objective's weighted sum.
double value_of(const Question& question, const Plan& plan);

/// A problem small enough for every_plan(), with those demands, in the order of all_demands().
Question random_question(std::mt19937& random, Mode mode, Aim aim,
                         const std::vector<Demand>& demands);

/// The same with codecs.
Question random_coded_question(std::mt19937& random, Mode mode, Aim aim,
                               const std::vector<Demand>& demands);

/// The same with everything at random: up to five demands.
Question random_question(std::mt19937& random);
Question random_coded_question(std::mt19937& random);

}  // namespace scission::testing
