#include "search/step_costs.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace scission::search_detail {

StepCosts::StepCosts(const Space& space, StepWeights weights, const Ticks& ticks,
                     bool counts_stages)
    : space_(&space),
      weights_(std::move(weights)),
      ticks_(ticks),
      stage_(counts_stages ? Ticks::stage : 0),
      is_filled_(space.system_count(), 0),
      rows_(space.system_count()) {
  fill_run_costs();
}

StepCosts::StepCosts(const Space& space, const StepWeights& weights, bool counts_stages)
    : StepCosts(space, weights, Ticks(bound_of(space, weights), "model " + space.problem().model),
                counts_stages) {}

double StepCosts::bound_of(const Space& space, const StepWeights& weights) {
  const PartitionProblem& problem = space.problem();
  double bound = 0;
  for (int block = 0; block < space.block_count(); ++block) {
    double largest = 0;
    for (int system = 0; system < space.system_count(); ++system) {
      const double amount = weights.per_compute_s[system] * problem.block_s[system][block];
      largest = std::max(largest, std::fabs(amount));
    }
    bound += largest;
  }
  double dearest_hop = 0;
  for (std::size_t pair = 0; pair < problem.links.size(); ++pair) {
    if (!problem.links[pair]) continue;
    const double per_byte = weights.per_byte.empty() ? 0 : weights.per_byte[pair];
    const double seconds =
        weights.per_transfer_s > 0 ? problem.links[pair]->transfer_s(space.most_bytes()) : 0;
    dearest_hop =
        std::max(dearest_hop, weights.per_transfer_s * seconds + per_byte * space.most_bytes());
  }
  double dearest_stage = 0;
  for (double price : weights.per_stage) dearest_stage = std::max(dearest_stage, price);
  return bound + (dearest_hop + dearest_stage) * space.most_hops();
}

void StepCosts::fill_run_costs() {
  const int n = space_->block_count();
  run_until_.assign(at(n + 1, 0), 0);
  for (int system = 0; system < space_->system_count(); ++system) {
    const double weight = weights_.per_compute_s[system];
    are_positive_ = are_positive_ && weight >= 0;
    if (weight == 0) continue;
    if (weight == 1 && ticks_ == space_->clock()) {
      copy_run_times(system);
      continue;
    }
    const std::vector<double>& seconds = space_->problem().block_s[system];
    for (int block = 0; block < n; ++block) {
      run_until_[at(block + 1, system)] =
          run_until_[at(block, system)] + ticks_(weight * seconds[block]);
    }
  }
}

void StepCosts::copy_run_times(int system) {
  for (int block = 1; block <= space_->block_count(); ++block) {
    run_until_[at(block, system)] = space_->run_time(system, 0, block);
  }
}

// The same sum as in entries().
double StepCosts::hop(int from, int to, double bytes) const {
  double amount = 0;
  if (weights_.per_transfer_s > 0) {
    amount = weights_.per_transfer_s * space_->transfer_s(from, to, bytes);
  }
  if (!weights_.per_byte.empty()) {
    const std::size_t pair = static_cast<std::size_t>(from) * space_->system_count() + to;
    amount += weights_.per_byte[pair] * bytes;
  }
  return amount;
}

double StepCosts::stage_price(int system) const {
  return weights_.per_stage.empty() ? 0 : weights_.per_stage[system];
}

Cost StepCosts::enter_first(int source, int system) const {
  if (!space_->may_enter_first(source, system)) return unreachable;
  const double sent = system == source ? 0 : hop(source, system, space_->bytes_into(0));
  return ticks_(sent + stage_price(system)) + stage_;
}

Cost StepCosts::enter(int block, int from, int to) const {
  const double bytes = space_->bytes_into(block);
  if (!space_->may_hop(from, to, bytes)) return unreachable;
  return ticks_(hop(from, to, bytes) + stage_price(to)) + stage_;
}

Cost StepCosts::send_output(int from, int to) const {
  if (from == to) return 0;
  if (!space_->may_return(from, to)) return unreachable;
  return ticks_(hop(from, to, space_->bytes_into(space_->block_count())));
}

Cost StepCosts::sum_of(const Plan& plan) const {
  Cost sum = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    sum += i == 0 ? enter_first(plan.source, stage.system)
                  : enter(stage.first_block, plan.stages[i - 1].system, stage.system);
    sum += run(stage.system, stage.first_block, stage.last_block + 1);
  }
  if (plan.destination) sum += send_output(plan.stages.back().system, *plan.destination);
  return sum;
}

const Row& StepCosts::entries(int block, int from) {
  const double bytes = space_->bytes_into(block);
  if (bytes != row_bytes_) {
    row_bytes_ = bytes;
    std::fill(is_filled_.begin(), is_filled_.end(), 0);
  }
  Row& row = rows_[from];
  if (is_filled_[from]) return row;
  is_filled_[from] = 1;
  space_->fill_transfers(from, bytes, transfers_);
  if (weights_.per_transfer_s > 0) {
    row = transfers_ * ticks_.scaled(weights_.per_transfer_s);
  } else {
    row = space_->barrier(from);
  }
  if (!weights_.per_byte.empty()) {
    const int count = space_->system_count();
    const Eigen::Map<const Row> per_byte(&weights_.per_byte[static_cast<std::size_t>(from) * count],
                                         count);
    row += per_byte * ticks_.scaled(bytes);
  }
  if (!weights_.per_stage.empty()) {
    const Eigen::Map<const Row> prices(weights_.per_stage.data(), space_->system_count());
    row += prices * ticks_.scaled(1);
  }
  space_->apply_limits(from, bytes, row);
  return row;
}

}  // namespace scission::search_detail
