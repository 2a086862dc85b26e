#include "search/step_costs.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "scission/base.hpp"

namespace scission::search_detail {
namespace {

void add_to(std::vector<double>& sums, double factor, const std::vector<double>& terms) {
  if (terms.empty()) return;
  sums.resize(terms.size(), 0.0);
  for (std::size_t i = 0; i < terms.size(); ++i) sums[i] += factor * terms[i];
}

StepWeights nothing(const PartitionProblem& problem) {
  return {std::vector<double>(problem.systems.size(), 0.0), 0, {}};
}

[[noreturn]] void refuse_unknown(const std::string& figure, const std::string& of,
                                 const char* way_out) {
  throw_invalid_argument(fmt::format("the {} of {} is not known; {}", figure, of, way_out));
}

// A figure of every system, times `factor`.
void weigh_systems(const PartitionProblem& problem, std::optional<double> System::*figure,
                   const std::string& name, double factor, StepWeights& weights) {
  for (int system = 0; system < problem.system_count(); ++system) {
    const std::optional<double>& known = problem.systems[system].*figure;
    if (!known) {
      refuse_unknown(name, problem.systems[system].name, "state every system's (--systems)");
    }
    weights.per_compute_s[system] = *known * factor;
  }
}

// A figure of every link; where no link states one, it is 0.
void weigh_links(const PartitionProblem& problem, std::optional<double> Link::*figure,
                 const std::string& name, StepWeights& weights) {
  const auto states = [figure](const std::optional<Link>& link) {
    return link && ((*link).*figure).has_value();
  };
  if (std::none_of(problem.links.begin(), problem.links.end(), states)) return;
  weights.per_byte.assign(problem.links.size(), 0.0);
  for (std::size_t pair = 0; pair < problem.links.size(); ++pair) {
    const std::optional<Link>& link = problem.links[pair];
    const int from = static_cast<int>(pair / problem.systems.size());
    const int to = static_cast<int>(pair % problem.systems.size());
    if (!link || from == to) continue;
    if (!states(link)) {
      refuse_unknown(name,
                     fmt::format("the link from {} to {}", problem.systems[from].name,
                                 problem.systems[to].name),
                     "state it for every link, or for none");
    }
    weights.per_byte[pair] = *((*link).*figure);
  }
}

SumLimit upload_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), limit.max};
  sum.weights.per_byte.assign(problem.links.size(), 0.0);
  const int count = problem.system_count();
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      const bool leaves = limit.group.holds(from) && !limit.group.holds(to);
      sum.weights.per_byte[static_cast<std::size_t>(from) * problem.systems.size() + to] = leaves;
    }
  }
  return sum;
}

SumLimit compute_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), limit.max};
  for (int system = 0; system < problem.system_count(); ++system) {
    sum.weights.per_compute_s[system] = limit.group.holds(system);
  }
  return sum;
}

// here ≤ p · (here + elsewhere)  ⟺  (1 − p) · here − p · elsewhere ≤ 0
SumLimit share_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), 0};
  const double share = limit.max * (1 + limit_slack);
  for (int system = 0; system < problem.system_count(); ++system) {
    sum.weights.per_compute_s[system] = limit.group.holds(system) ? 1 - share : -share;
  }
  return sum;
}

}  // namespace

void StepWeights::add(double factor, const StepWeights& other) {
  per_transfer_s += factor * other.per_transfer_s;
  add_to(per_compute_s, factor, other.per_compute_s);
  add_to(per_byte, factor, other.per_byte);
  add_to(per_stage, factor, other.per_stage);
  add_to(per_setup_s, factor, other.per_setup_s);
  per_error += factor * other.per_error;
  per_disagreement += factor * other.per_disagreement;
}

StepWeights weights_of(const PartitionProblem& problem, Metric metric) {
  StepWeights weights = nothing(problem);
  switch (metric) {
    case Metric::latency:
      weights.per_compute_s.assign(problem.systems.size(), 1.0);
      weights.per_setup_s = weights.per_compute_s;
      weights.per_transfer_s = 1;
      break;
    case Metric::period:
      break;
    case Metric::traffic:
      weights.per_byte.assign(problem.links.size(), 1.0);
      break;
    case Metric::energy:
      weigh_systems(problem, &System::power_w, "power", 1, weights);
      weights.per_setup_s = weights.per_compute_s;
      weigh_links(problem, &Link::joules_per_byte, "energy", weights);
      break;
    case Metric::money:
      weigh_systems(problem, &System::price_per_hour, "price", 1 / seconds_per_hour, weights);
      weights.per_setup_s = weights.per_compute_s;
      weigh_links(problem, &Link::price_per_byte, "price", weights);
      break;
    case Metric::error:
      weights.per_error = 1;
      break;
    case Metric::disagreement:
      weights.per_disagreement = 1;
      break;
  }
  return weights;
}

StepWeights weights_of(const PartitionProblem& problem, const Objective& objective) {
  StepWeights sum = nothing(problem);
  for (Metric metric : all_metrics()) {
    const double weight = objective.weight(metric);
    if (weight > 0 && metric != Metric::period) sum.add(weight, weights_of(problem, metric));
  }
  return sum;
}

bool computes_once(const CompiledConstraints& constraints, const SystemGroup& group) {
  return constraints.in_platform_order || (group.size() <= 1 && !constraints.may_revisit);
}

// A source that has sent the input may be entered later, and sends again then.
bool sends_once(const CompiledConstraints& constraints, const SystemGroup& group) {
  if (constraints.in_platform_order) return true;
  if (group.size() > 1 || constraints.may_revisit) return false;
  return std::none_of(constraints.sources.begin(), constraints.sources.end(),
                      [&](int source) { return group.holds(source); });
}

std::vector<SumLimit> sum_limits(const PartitionProblem& problem,
                                 const CompiledConstraints& constraints) {
  std::vector<SumLimit> sums;
  for (const GroupLimit& limit : constraints.shares) sums.push_back(share_limit(problem, limit));
  for (const GroupLimit& limit : constraints.computes) {
    if (!computes_once(constraints, limit.group)) sums.push_back(compute_limit(problem, limit));
  }
  for (const GroupLimit& limit : constraints.uploads) {
    if (!sends_once(constraints, limit.group)) sums.push_back(upload_limit(problem, limit));
  }
  for (const Metric metric : all_metrics()) {
    const bool is_of_codecs = metric == Metric::error || metric == Metric::disagreement;
    if (is_of_codecs && constraints.codecs.empty()) continue;  // both are 0
    const std::optional<double>& most = constraints.limits.limit(metric);
    if (most && metric != Metric::period) sums.push_back({weights_of(problem, metric), *most});
  }
  return sums;
}

StepCosts::StepCosts(const SearchGraph& graph, StepWeights weights, const Ticks& ticks,
                     bool counts_stages)
    : graph_(&graph),
      weights_(std::move(weights)),
      ticks_(ticks),
      stage_(counts_stages ? Ticks::stage : 0),
      has_codecs_(graph.has_codecs()),
      has_setup_(!weights_.per_setup_s.empty() && !graph.problem().setup_s.empty()),
      is_filled_(graph.system_count(), 0),
      rows_(graph.system_count()),
      best_receivers_(graph.system_count(), 0) {
  fill_run_costs();
}

StepCosts::StepCosts(const SearchGraph& graph, const StepWeights& weights, bool counts_stages)
    : StepCosts(graph, weights, Ticks(bound_of(graph, weights), "model " + graph.problem().model),
                counts_stages) {}

double StepCosts::bound_of(const SearchGraph& graph, const StepWeights& weights) {
  const PartitionProblem& problem = graph.problem();
  double bound = 0;
  for (int block = 0; block < graph.block_count(); ++block) {
    double largest = 0;
    for (int system = 0; system < graph.system_count(); ++system) {
      const double amount = weights.per_compute_s[system] * problem.block_s[system][block];
      largest = std::max(largest, std::fabs(amount));
    }
    bound += largest;
  }
  double max_hop_cost = 0;
  for (std::size_t pair = 0; pair < problem.links.size(); ++pair) {
    if (!problem.links[pair]) continue;
    const double per_byte = weights.per_byte.empty() ? 0 : weights.per_byte[pair];
    const double seconds =
        weights.per_transfer_s > 0 ? problem.links[pair]->transfer_s(graph.max_bytes()) : 0;
    max_hop_cost =
        std::max(max_hop_cost, weights.per_transfer_s * seconds + per_byte * graph.max_bytes());
  }
  double max_stage_cost = 0;
  for (double price : weights.per_stage) max_stage_cost = std::max(max_stage_cost, price);
  double max_setup_cost = 0;
  for (std::size_t system = 0; system < weights.per_setup_s.size(); ++system) {
    max_setup_cost = std::max(max_setup_cost, weights.per_setup_s[system] *
                                                  graph.longest_setup_s(static_cast<int>(system)));
  }
  max_stage_cost += max_setup_cost;
  const SearchGraph::CodingBounds& coding = graph.coding_bounds();
  double max_coding_cost = 0;
  for (const double price : weights.per_setup_s) {
    max_coding_cost = std::max(max_coding_cost, price * coding.seconds);
  }
  max_hop_cost += max_coding_cost;
  max_hop_cost += weights.per_error * coding.error + weights.per_disagreement * coding.disagreement;
  return bound + (max_hop_cost + max_stage_cost) * graph.max_hops();
}

void StepCosts::fill_run_costs() {
  const int n = graph_->block_count();
  run_until_.assign(at(n + 1, 0), 0);
  for (int system = 0; system < graph_->system_count(); ++system) {
    const double weight = weights_.per_compute_s[system];
    are_positive_ = are_positive_ && weight >= 0;
    if (weight == 0) continue;
    if (weight == 1 && ticks_ == graph_->clock()) {
      copy_run_times(system);
      continue;
    }
    for (int block = 0; block < n; ++block) {
      run_until_[at(block + 1, system)] =
          run_until_[at(block, system)] +
          ticks_(weight * graph_->problem().expected_s(system, block));
    }
  }
}

void StepCosts::copy_run_times(int system) {
  for (int block = 1; block <= graph_->block_count(); ++block) {
    run_until_[at(block, system)] = graph_->run_time(system, 0, block);
  }
}

// Must compute the same sum as entries() without codecs.
double StepCosts::hop(int from, int to, int block, int codec) const {
  double amount = 0;
  if (weights_.per_transfer_s > 0) {
    amount = weights_.per_transfer_s * graph_->transfer_s(from, to, block, codec);
  }
  if (!weights_.per_byte.empty()) {
    const std::size_t pair = static_cast<std::size_t>(from) * graph_->system_count() + to;
    amount += weights_.per_byte[pair] * graph_->bytes_into(block, codec);
  }
  return codec == Plan::raw ? amount : amount + coding(from, to, block, codec);
}

double StepCosts::coding(int from, int to, int block, int codec) const {
  const CodecCosts& costs = graph_->codec(codec);
  double amount = 0;
  if (!weights_.per_setup_s.empty()) {
    amount =
        graph_->crossing(block).reach * (weights_.per_setup_s[from] * costs.encode_s[from][block] +
                                         weights_.per_setup_s[to] * costs.decode_s[to][block]);
  }
  if (!costs.error.empty()) amount += weights_.per_error * costs.error[block];
  if (!costs.disagreement.empty()) {
    amount += weights_.per_disagreement * costs.disagreement[block];
  }
  return amount;
}

Cost StepCosts::hop_with(int from, int to, int block, int codec) const {
  const double sent = from == to ? 0 : hop(from, to, block, codec);
  if (block == graph_->block_count()) return ticks_(sent);
  return ticks_(sent + stage_price(block, to)) + stage_;
}

StepCosts::CodedHop StepCosts::cheapest_hop(int from, int to, int block) const {
  CodedHop cheapest;
  if (from == to) return {hop_with(from, to, block, Plan::raw), Plan::raw};
  graph_->for_each_codec(from, to, block, [&](int codec) {
    const Cost cost = hop_with(from, to, block, codec);
    if (cost < cheapest.cost) cheapest = {cost, codec};
  });
  return cheapest;
}

int StepCosts::best_codec(int from, int to, int block) const {
  return cheapest_hop(from, to, block).codec;
}

Plan StepCosts::with_best_codecs(Plan plan) const {
  std::vector<int> codecs;
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    codecs.push_back(best_codec(at, stage.system, stage.first_block));
    at = stage.system;
  }
  if (plan.destination) codecs.push_back(best_codec(at, *plan.destination, graph_->block_count()));
  return coded(std::move(plan), std::move(codecs));
}

double StepCosts::stage_price(int block, int system) const {
  double price = weights_.per_stage.empty() ? 0 : weights_.per_stage[system];
  if (has_setup_) {
    price += weights_.per_setup_s[system] * graph_->problem().expected_setup_s(system, block);
  }
  return price;
}

Row StepCosts::stage_prices(int block) const {
  Row prices(graph_->system_count());
  for (int system = 0; system < graph_->system_count(); ++system) {
    prices[system] = stage_price(block, system);
  }
  return prices;
}

Cost StepCosts::enter_first(int source, int system) const {
  if (!graph_->may_enter_first(source, system)) return unreachable;
  if (has_codecs_) return cheapest_hop(source, system, 0).cost;
  const double sent = system == source ? 0 : hop(source, system, 0);
  return ticks_(sent + stage_price(0, system)) + stage_;
}

Cost StepCosts::enter(int block, int from, int to) const {
  if (!graph_->may_hop(from, to, block)) return unreachable;
  if (has_codecs_) return cheapest_hop(from, to, block).cost;
  return ticks_(hop(from, to, block) + stage_price(block, to)) + stage_;
}

Cost StepCosts::send_output(int from, int to) const {
  if (from == to) return 0;
  if (!graph_->may_return(from, to)) return unreachable;
  if (has_codecs_) return cheapest_hop(from, to, graph_->block_count()).cost;
  return ticks_(hop(from, to, graph_->block_count()));
}

Cost StepCosts::sum_of(const Plan& plan) const {
  Cost sum = 0;
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    sum += hop_with(at, stage.system, stage.first_block, plan.codec(i)) +
           run(stage.system, stage.first_block, stage.last_block + 1);
    at = stage.system;
  }
  const int n = graph_->block_count();
  if (plan.destination) sum += hop_with(at, *plan.destination, n, plan.codec(plan.stages.size()));
  return sum;
}

const Row& StepCosts::entries(int block, int from) {
  const bool is_of_one_block = has_setup_ || has_codecs_;
  if (row_crossing_ != graph_->crossing(block) || (is_of_one_block && block != row_block_)) {
    row_crossing_ = graph_->crossing(block);
    row_block_ = block;
    std::fill(is_filled_.begin(), is_filled_.end(), 0);
  }
  Row& row = rows_[from];
  if (is_filled_[from]) return row;
  is_filled_[from] = 1;
  if (weights_.per_transfer_s > 0) {
    graph_->fill_transfers(from, block, transfers_);
    row = transfers_ * ticks_.scaled(weights_.per_transfer_s);
  } else {
    row = graph_->hop_indicator(from);
  }
  if (!weights_.per_byte.empty()) {
    const int count = graph_->system_count();
    const Eigen::Map<const Row> per_byte(&weights_.per_byte[static_cast<std::size_t>(from) * count],
                                         count);
    row += per_byte * ticks_.scaled(graph_->bytes_into(block));
  }
  if (has_setup_) {
    row += stage_prices(block) * ticks_.scaled(1);
  } else if (!weights_.per_stage.empty()) {
    const Eigen::Map<const Row> prices(weights_.per_stage.data(), graph_->system_count());
    row += prices * ticks_.scaled(1);
  }
  graph_->apply_limits(from, block, Plan::raw, row);
  if (has_codecs_) add_coded(block, from, row);
  return row;
}

void StepCosts::collect_receivers(int block) {
  if (receivers_block_ == block) return;
  receivers_block_ = block;
  const std::vector<int>& codecs = graph_->codecs_into(block);
  receivers_.resize(codecs.size());
  const Row prices = stage_prices(block);
  const double reach = graph_->crossing(block).reach;
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    const CodecCosts& codec = graph_->codec(codecs[i]);
    Row& row = receivers_[i];
    row = prices;
    if (!codec.error.empty()) row += weights_.per_error * codec.error[block];
    if (!codec.disagreement.empty()) row += weights_.per_disagreement * codec.disagreement[block];
    const auto decode_s = graph_->decode_seconds(block, i);
    for (int to = 0; to < graph_->system_count(); ++to) {
      if (!std::isfinite(decode_s[to]))
        row[to] = infinity;
      else if (!weights_.per_setup_s.empty())
        row[to] += weights_.per_setup_s[to] * reach * decode_s[to];
    }
    row *= ticks_.scaled(1);
  }
}

void StepCosts::set_floor(int block, Rest& rest) {
  collect_receivers(block);
  const int count = graph_->system_count();
  const std::vector<int>& codecs = graph_->codecs_into(block);
  const std::size_t width = codecs.size() + 1;
  sizes_.assign(1, graph_->crossing(block).bytes);
  for (const int codec : codecs) sizes_.push_back(graph_->codec(codec).bytes[block]);
  receivers_of_.resize(width * static_cast<std::size_t>(count));
  rest.floor.resize(count);
  const Row prices = stage_prices(block) * ticks_.scaled(1);
  for (int to = 0; to < count; ++to) {
    double* const own = &receivers_of_[width * static_cast<std::size_t>(to)];
    own[0] = prices[to];
    for (std::size_t i = 1; i < width; ++i) own[i] = receivers_[i - 1][to];
    rest.floor[to] = rest.next[to] + *std::min_element(own, own + width);
  }
}

// Least cost of a hop from `from` into the block and of the plan after it, over all receivers and
// codecs. First in doubles. No codec costs a receiver less than its floor, or makes fewer bytes
// than the smallest, so receivers whose floor and smallest transfer are above `most` are passed
// over; that of the block after this one is tried first, as it is often the best here, too. Then
// exactly, in integers, for those within `most`, which is `least` plus the rounding error of the
// doubles: the exact minimum is among them.
Cost StepCosts::min_entry(int block, int from, const Rest& rest) {
  constexpr int group = 8;  // whose minimum the compiler vectorises
  const std::vector<int>& codecs = graph_->codecs_into(block);
  const std::size_t width = codecs.size() + 1;
  const int count = graph_->system_count();
  const double reach = graph_->crossing(block).reach;
  const double per_s = ticks_.scaled(weights_.per_transfer_s) * reach;
  const double sender =
      weights_.per_setup_s.empty() ? 0 : ticks_.scaled(weights_.per_setup_s[from]) * reach;
  encodings_.assign(1, 0.0);
  for (std::size_t i = 1; i < width; ++i) {
    const double encode_s = graph_->encode_seconds(block, i - 1)[from];
    encodings_.push_back(std::isfinite(encode_s) ? sender * encode_s : infinity);
  }
  fill_hop_prices(from, per_s, reach);
  const double smallest = *std::min_element(sizes_.begin(), sizes_.end());
  coded_ = rest.floor + fixed_ + per_byte_ * smallest;
  const auto amount_of = [&](int to, std::size_t i) {
    return fixed_[to] + per_byte_[to] * sizes_[i] +
           (receivers_of_[width * static_cast<std::size_t>(to) + i] + encodings_[i]) +
           rest.next[to];
  };
  tried_.clear();
  double least = infinity;
  double most = infinity;
  const auto try_receiver = [&](int to) {
    double cheapest = infinity;
    for (std::size_t i = 0; i < width; ++i) cheapest = std::min(cheapest, amount_of(to, i));
    tried_.emplace_back(cheapest, to);
    if (cheapest >= least) return;
    least = cheapest;
    most = exact_check_limit(least, rest);
  };
  const int first = best_receivers_[from];
  if (coded_[first] < infinity) try_receiver(first);
  const auto try_range = [&](int begin, int end) {
    for (int to = begin; to < end; ++to) {
      if (to != first && coded_[to] <= most && coded_[to] < infinity) try_receiver(to);
    }
  };
  int begin = 0;
  for (; begin + group <= count; begin += group) {
    if (coded_.segment<group>(begin).minCoeff() <= most) try_range(begin, begin + group);
  }
  try_range(begin, count);
  Cost exact = unreachable;
  for (const auto& [cheapest, to] : tried_) {
    if (!(cheapest <= most) || !(cheapest < infinity)) continue;
    best_receivers_[from] = to;
    for (std::size_t i = 0; i < width; ++i) {
      if (amount_of(to, i) > most) continue;
      const Cost hop = hop_with(from, to, block, i == 0 ? Plan::raw : codecs[i - 1]);
      exact = std::min(exact, hop + rest.exact[to]);
    }
  }
  return exact;
}

// What a hop costs, in ticks, independent of its size, and for each byte.
void StepCosts::fill_hop_prices(int from, double per_s, double reach) {
  const int count = graph_->system_count();
  if (per_s > 0) {
    fixed_ = per_s * graph_->ping_seconds(from);
    per_byte_ = per_s * graph_->byte_seconds(from);
  } else {
    fixed_ = graph_->hop_indicator(from);
    per_byte_ = Row::Zero(count);
  }
  if (weights_.per_byte.empty()) return;
  const Eigen::Map<const Row> per_byte(&weights_.per_byte[static_cast<std::size_t>(from) * count],
                                       count);
  per_byte_ += per_byte * ticks_.scaled(reach);
}

// Lowers a row to the cheapest codec of each hop.
void StepCosts::add_coded(int block, int from, Row& row) {
  const std::vector<int>& codecs = graph_->codecs_into(block);
  if (codecs.empty()) return;
  collect_receivers(block);
  const double reach = graph_->crossing(block).reach;
  const double per_s = ticks_.scaled(weights_.per_transfer_s) * reach;
  fill_hop_prices(from, per_s, reach);
  if (per_s > 0) {
    for (const int to : graph_->curves(from)) fixed_[to] = infinity;  // added below
  }
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    const CodecCosts& codec = graph_->codec(codecs[i]);
    const double encode_s = graph_->encode_seconds(block, i)[from];
    if (!std::isfinite(encode_s)) continue;
    const double sender = weights_.per_setup_s.empty() ? 0 : weights_.per_setup_s[from];
    const double encoding = ticks_.scaled(sender) * reach * encode_s;
    if (graph_->limits_steps()) {
      coded_ = fixed_ + per_byte_ * codec.bytes[block] + (receivers_[i] + encoding);
      graph_->apply_limits(from, block, codecs[i], coded_);
      row = row.min(coded_);
    } else {
      row = row.min(fixed_ + per_byte_ * codec.bytes[block] + (receivers_[i] + encoding));
    }
  }
  if (!(per_s > 0)) return;
  for (const int to : graph_->curves(from)) {
    for (const int codec : codecs) {
      if (!graph_->may_code(from, to, block, codec)) continue;
      const double amount = hop(from, to, block, codec) + stage_price(block, to);
      row[to] = std::min(row[to], ticks_.scaled(amount));
    }
  }
}

Plan coded(Plan plan, std::vector<int> codecs) {
  codecs.resize(plan.stages.size() + 1, Plan::raw);
  const bool is_raw =
      std::all_of(codecs.begin(), codecs.end(), [](int codec) { return codec == Plan::raw; });
  plan.codecs = is_raw ? std::vector<int>() : std::move(codecs);
  return plan;
}

}  // namespace scission::search_detail
