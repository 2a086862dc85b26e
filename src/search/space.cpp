#include "search/space.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "search/sliding_minimum.hpp"

namespace scission::search_detail {
Space::Space(const PartitionProblem& problem, const Rules& rules, Cost longest)
    : problem_(problem), rules_(rules), longest_(longest) {
  fill_bytes();
  set_clock();
  fill_run_times();
  fill_connections();
  fill_furthest_ends();
  fill_destinations();
}

int Space::most_hops() const {
  // Walks that forget where they have been may go to and fro.
  const int stages =
      rules_.in_platform_order ? std::min(block_count(), system_count()) : block_count();
  return stages + 1;
}

void Space::fill_bytes() {
  for (int block = 0; block <= block_count(); ++block) {
    bytes_.push_back(problem_.bytes_into(block, rules_.input_bytes));
    most_bytes_ = std::max(most_bytes_, bytes_.back());
  }
}

// No plan takes longer: every block on its slowest system, every hop the dearest.
void Space::set_clock() {
  double bound = 0;
  for (int block = 0; block < block_count(); ++block) {
    double slowest = 0;
    for (const std::vector<double>& seconds : problem_.block_s) {
      slowest = std::max(slowest, seconds[block]);
    }
    bound += slowest;
  }
  double dearest_hop = 0;
  for (const std::optional<Link>& link : problem_.links) {
    if (link) dearest_hop = std::max(dearest_hop, link->transfer_s(most_bytes_));
  }
  bound_s_ = bound + dearest_hop * most_hops();
  clock_ = Ticks(bound_s_, "model " + problem_.model);
}

void Space::fill_run_times() {
  run_until_.assign(at(block_count() + 1, 0), 0);
  for (int system = 0; system < system_count(); ++system) {
    const std::vector<double>& seconds = problem_.block_s[system];
    for (int block = 0; block < block_count(); ++block) {
      run_until_[at(block + 1, system)] = run_until_[at(block, system)] + clock_(seconds[block]);
    }
  }
}

bool Space::skips_required(int after, int before) const {
  for (int platform = after + 1; platform < before; ++platform) {
    if (rules_.platform_used[platform]) return true;
  }
  return false;
}

bool Space::in_order(int from, int to) const {
  if (!rules_.in_platform_order) return from != to;
  const int sender = rules_.platform[from];
  const int receiver = rules_.platform[to];
  return sender < receiver && !skips_required(sender, receiver);
}

void Space::fill_connections() {
  const int count = system_count();
  ping_s_ = Matrix::Constant(count, count, infinity);
  bytes_per_s_ = Matrix::Ones(count, count);
  barrier_ = Matrix::Constant(count, count, infinity);
  upload_bytes_ = Matrix::Constant(count, count, infinity);
  curves_.resize(count);
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      const std::optional<Link>& link = problem_.link(from, to);
      if (!link || !in_order(from, to)) continue;
      barrier_(to, from) = 0;
      if (!link->curve.empty()) {
        curves_[from].push_back(to);
        continue;
      }
      ping_s_(to, from) = link->ping_s();
      bytes_per_s_(to, from) = link->bytes_per_s();
    }
  }
  for (const GroupLimit& limit : rules_.uploads) {
    limits_uploads_ = true;
    const double most = limit.most * (1 + limit_slack);
    for (int from = 0; from < count; ++from) {
      for (int to = 0; to < count; ++to) {
        if (!limit.group.holds(from) || limit.group.holds(to)) continue;
        upload_bytes_(to, from) = std::min(upload_bytes_(to, from), most);
      }
    }
  }
}

// For each system: what one stage may take at most.
std::vector<Cost> Space::longest_stages() const {
  std::vector<Cost> longest(system_count(), longest_);
  for (const GroupLimit& limit : rules_.computes) {
    for (int system = 0; system < system_count(); ++system) {
      if (!limit.group.holds(system)) continue;
      longest[system] = std::min(longest[system], clock_.limit(limit.most));
    }
  }
  return longest;
}

// From the last block backwards: a stage can go no further than one that begins a block later,
// ends before the first forbidden block, and shrinks from its end while it takes too much.
void Space::fill_furthest_ends() {
  const int n = block_count();
  furthest_end_.assign(at(n + 1, 0), n);
  const std::vector<Cost> longest = longest_stages();
  for (int system = 0; system < system_count(); ++system) {
    int end = n;
    for (int block = n - 1; block >= 0; --block) {
      const std::size_t place = static_cast<std::size_t>(system) * n + block;
      if (!rules_.usable[system] || !rules_.may_run[place]) end = block;
      while (end > block && run_time(system, block, end) > longest[system]) --end;
      furthest_end_[at(block, system)] = end;
    }
  }
  for (int system = 0; system < system_count(); ++system) {
    if (rules_.memory_bytes[system] < infinity) limit_by_memory(system);
  }
}

// A stage holds the weights of all its blocks and the largest activations of any. Both only shrink
// with a later beginning and an earlier end, so the end slides.
void Space::limit_by_memory(int system) {
  const std::vector<BlockMemory>& memory = problem_.memory;
  const double most = rules_.memory_bytes[system] * (1 + limit_slack);
  SlidingMinimum<double> least_negated;  // of the activations: the largest
  double weights = 0;
  int end = block_count();
  for (int block = block_count() - 1; block >= 0; --block) {
    int& furthest = furthest_end_[at(block, system)];
    weights += memory[block].weight_bytes;
    least_negated.add(block, -memory[block].activation_bytes);
    while (end > block) {
      const double held = weights - *least_negated.least(end - 1);
      if (end <= furthest && held <= most) break;
      weights -= memory[--end].weight_bytes;
    }
    furthest = std::min(furthest, end);
  }
}

bool Space::within_limits(int from, int to, double bytes) const {
  if (bytes > upload_bytes_(to, from)) return false;
  return longest_ >= unreachable || hop_time(from, to, bytes) <= longest_;
}

Cost Space::hop_time(int from, int to, double bytes) const {
  return clock_(problem_.link(from, to)->busy_s(bytes));
}

bool Space::may_hop(int from, int to, double bytes) const {
  return barrier_(to, from) == 0 && within_limits(from, to, bytes);
}

bool Space::may_return(int from, int to) const {
  if (from == to) return true;
  return problem_.link(from, to) && within_limits(from, to, bytes_.back());
}

bool Space::may_enter_first(int source, int system) const {
  if (rules_.in_platform_order && skips_required(-1, rules_.platform[system])) return false;
  return system == source || may_hop(source, system, bytes_[0]);
}

bool Space::may_finish(int system) const {
  if (!rules_.may_finish[system]) return false;
  return !rules_.in_platform_order ||
         !skips_required(rules_.platform[system], static_cast<int>(rules_.platform_used.size()));
}

void Space::fill_destinations() {
  if (!rules_.return_to) return;
  for (int system = 0; system < system_count(); ++system) {
    if (rules_.return_to->holds(system)) all_destinations_.push_back(system);
  }
  destinations_.resize(system_count());
  for (int source : rules_.sources) {
    if (rules_.return_to->holds(source)) destinations_[source] = {source};
  }
}

const std::vector<int>& Space::destinations(int source) const {
  if (destinations_.empty() || destinations_[source].empty()) return all_destinations_;
  return destinations_[source];
}

void Space::fill_transfers(int from, double bytes, Row& seconds) const {
  seconds = ping_s_.col(from) + bytes / bytes_per_s_.col(from);
  for (int to : curves_[from]) seconds[to] = transfer_s(from, to, bytes);
}

void Space::apply_limits(int from, double bytes, Row& row) const {
  if (limits_uploads_) row = (upload_bytes_.col(from) >= bytes).select(row, infinity);
  if (longest_ >= unreachable) return;
  for (int to = 0; to < system_count(); ++to) {
    if (barrier_(to, from) == 0 && hop_time(from, to, bytes) > longest_) row[to] = infinity;
  }
}

bool Space::may_send(int system) const {
  return rules_.usable[system] ||
         std::find(rules_.sources.begin(), rules_.sources.end(), system) != rules_.sources.end();
}

std::vector<MissingLink> Space::missing_links() const {
  std::vector<MissingLink> missing;
  if (!rules_.in_platform_order) return missing;
  for (int from = 0; from < system_count(); ++from) {
    for (int to = 0; to < system_count(); ++to) {
      const bool wanted = may_send(from) && rules_.usable[to] && in_order(from, to);
      if (wanted && !problem_.link(from, to)) missing.push_back({from, to});
    }
  }
  return missing;
}

}  // namespace scission::search_detail
