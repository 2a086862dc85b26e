#include "search/ticks.hpp"

#include <algorithm>
#include <cmath>

#include "scission/error.hpp"

namespace scission::search_detail {
namespace {

constexpr int latency_bits = 110;
constexpr int stage_bits = 10;  // up to 1023 stages

// No plan costs more: every block on its slowest system, every stage's hop the dearest.
double upper_bound_s(const PartitionProblem& problem, double input_bytes) {
  double sum = 0;
  double most_bytes = input_bytes;
  for (int block = 0; block < problem.block_count(); ++block) {
    double slowest = 0;
    for (const std::vector<double>& seconds : problem.block_s) {
      slowest = std::max(slowest, seconds[block]);
    }
    sum += slowest;
    most_bytes = std::max(most_bytes, problem.bytes_into(block, input_bytes));
  }
  double dearest_hop = 0;
  for (const std::optional<Link>& link : problem.links) {
    if (link) dearest_hop = std::max(dearest_hop, link->transfer_s(most_bytes));
  }
  const int hops = std::min(problem.block_count() + 1, problem.system_count());
  return sum + dearest_hop * hops;
}

}  // namespace

Ticks::Ticks(const PartitionProblem& problem, double input_bytes) {
  const double bound = upper_bound_s(problem, input_bytes);
  if (!std::isfinite(bound)) {
    throw Error(ErrorCode::invalid_argument, "times or sizes are too large to add up",
                "model " + problem.model);
  }
  constexpr double nothing = 1e-200;  // keeps the power of two finite; no clock tells such times
  ticks_per_s_ = bound > nothing ? std::ldexp(1.0, latency_bits - std::ilogb(bound) - 1) : 1.0;
}

Cost Ticks::operator()(double seconds) const {
  return static_cast<Cost>(std::round(seconds * ticks_per_s_)) << stage_bits;
}

Cost Ticks::limit(double seconds) const {
  const double stretched = seconds * (1 + limit_slack);
  const double most = std::ldexp(1.0, latency_bits + 1) / ticks_per_s_;
  return stretched < most ? (*this)(stretched) : unreachable;
}

}  // namespace scission::search_detail
