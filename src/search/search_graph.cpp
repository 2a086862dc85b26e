#include "search/search_graph.hpp"

#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"

namespace scission::search_detail {
SearchGraph::SearchGraph(const PartitionProblem& problem, const CompiledConstraints& constraints,
                         Cost longest)
    : problem_(problem), constraints_(constraints), longest_(longest) {
  fill_crossings();
  fill_codecs();
  set_clock();
  fill_run_times();
  fill_connections();
  fill_furthest_ends();
  fill_destinations();
}

int SearchGraph::max_hops() const {
  // Walks of the state-space relaxation may go back and forth.
  const int stages =
      constraints_.in_platform_order ? std::min(block_count(), system_count()) : block_count();
  return stages + 1;
}

double SearchGraph::longest_setup_s(int system) const {
  if (problem_.setup_s.empty()) return 0;
  const std::vector<double>& seconds = problem_.setup_s[system];
  return *std::max_element(seconds.begin(), seconds.end());
}

void SearchGraph::fill_crossings() {
  for (int block = 0; block <= block_count(); ++block) {
    crossings_.push_back(
        {problem_.bytes_into(block, constraints_.input_bytes), problem_.reach(block)});
    max_bytes_ = std::max(max_bytes_, crossings_.back().bytes);
  }
}

// A codec that makes what crosses no smaller is no better than raw in anything.
void SearchGraph::fill_codecs() {
  if (!has_codecs()) return;
  codecs_into_.resize(block_count() + 1);
  for (const int index : constraints_.codecs) {
    for (int block = 0; block <= block_count(); ++block) {
      if (problem_.codecs[index].bytes[block] < crossings_[block].bytes) {
        codecs_into_[block].push_back(index);
      }
    }
  }
  int count = 0;
  for (const std::vector<int>& codecs : codecs_into_) {
    first_coding_.push_back(count);
    count += static_cast<int>(codecs.size());
  }
  encode_s_.resize(system_count(), count);
  decode_s_.resize(system_count(), count);
  std::vector<int> column = first_coding_;
  for (const int index : constraints_.codecs) add_coding(index, column);
}

// Transposes the times of a codec, each at its block's column, which moves on, and adds them to the
// bounds.
void SearchGraph::add_coding(int index, std::vector<int>& column) {
  const CodecCosts& codec = problem_.codecs[index];
  std::vector<double> encode_s(block_count() + 1, 0);  // longest
  std::vector<double> decode_s(block_count() + 1, 0);
  std::vector<int> coded;
  for (int block = 0; block <= block_count(); ++block) {
    if (codec.bytes[block] < crossings_[block].bytes) coded.push_back(block);
  }
  constexpr std::size_t tile = 8;  // blocks whose columns stay in the cache
  for (std::size_t first = 0; first < coded.size(); first += tile) {
    const std::size_t end = std::min(first + tile, coded.size());
    for (int system = 0; system < system_count(); ++system) {
      const std::vector<double>& encodes = codec.encode_s[system];
      const std::vector<double>& decodes = codec.decode_s[system];
      for (std::size_t i = first; i < end; ++i) {
        const int block = coded[i];
        const double encode = encodes[block];
        const double decode = decodes[block];
        encode_s_(system, column[block]) = encode;
        decode_s_(system, column[block]) = decode;
        if (std::isfinite(encode)) encode_s[block] = std::max(encode_s[block], encode);
        if (std::isfinite(decode)) decode_s[block] = std::max(decode_s[block], decode);
      }
    }
  }
  CodingBounds& most = coding_bounds_;
  for (const int block : coded) {
    ++column[block];
    most.seconds = std::max(most.seconds, encode_s[block] + decode_s[block]);
    if (!codec.error.empty()) most.error = std::max(most.error, codec.error[block]);
    if (codec.disagreement.empty()) continue;
    most.disagreement = std::max(most.disagreement, codec.disagreement[block]);
  }
}

bool SearchGraph::is_measured(int from, int to, int block, int codec) const {
  if (codec == Plan::raw) return true;
  const CodecCosts& costs = problem_.codecs[codec];
  return std::isfinite(costs.encode_s[from][block]) && std::isfinite(costs.decode_s[to][block]);
}

// Bounds every plan: each block on its slowest system, each hop the most expensive one, each setup
// the longest.
void SearchGraph::set_clock() {
  double bound = 0;
  for (int block = 0; block < block_count(); ++block) {
    double slowest = 0;
    for (const std::vector<double>& seconds : problem_.block_s) {
      slowest = std::max(slowest, seconds[block]);
    }
    bound += slowest;
  }
  double max_hop_s = 0;
  for (const std::optional<Link>& link : problem_.links) {
    if (link) max_hop_s = std::max(max_hop_s, link->transfer_s(max_bytes_));
  }
  double longest_setup = 0;
  for (int system = 0; system < system_count(); ++system) {
    longest_setup = std::max(longest_setup, longest_setup_s(system));
  }
  bound_s_ = bound + (max_hop_s + longest_setup + coding_bounds_.seconds) * max_hops();
  clock_ = Ticks(bound_s_, "model " + problem_.model);
}

void SearchGraph::fill_run_times() {
  run_until_.assign(at(block_count() + 1, 0), 0);
  for (int system = 0; system < system_count(); ++system) {
    for (int block = 0; block < block_count(); ++block) {
      run_until_[at(block + 1, system)] =
          run_until_[at(block, system)] +
          clock_(crossings_[block].reach * problem_.block_s[system][block]);
    }
  }
}

bool SearchGraph::skips_required(int after, int before) const {
  for (int platform = after + 1; platform < before; ++platform) {
    if (constraints_.platform_used[platform]) return true;
  }
  return false;
}

bool SearchGraph::in_order(int from, int to) const {
  if (!constraints_.in_platform_order) return from != to;
  const int sender = constraints_.platform[from];
  const int receiver = constraints_.platform[to];
  return sender < receiver && !skips_required(sender, receiver);
}

void SearchGraph::fill_connections() {
  const int count = system_count();
  ping_s_ = Matrix::Constant(count, count, infinity);
  bytes_per_s_ = Matrix::Ones(count, count);
  hop_indicator_ = Matrix::Constant(count, count, infinity);
  upload_bytes_ = Matrix::Constant(count, count, infinity);
  curves_.resize(count);
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      const std::optional<Link>& link = problem_.link(from, to);
      if (!link || !in_order(from, to)) continue;
      hop_indicator_(to, from) = 0;
      if (!link->curve.empty()) {
        curves_[from].push_back(to);
        continue;
      }
      ping_s_(to, from) = link->ping_s();
      bytes_per_s_(to, from) = link->bytes_per_s();
    }
  }
  if (has_codecs()) s_per_byte_ = bytes_per_s_.inverse();
  for (const GroupLimit& limit : constraints_.uploads) {
    limits_uploads_ = true;
    const double most = limit.max * (1 + limit_slack);
    for (int from = 0; from < count; ++from) {
      for (int to = 0; to < count; ++to) {
        if (!limit.group.holds(from) || limit.group.holds(to)) continue;
        upload_bytes_(to, from) = std::min(upload_bytes_(to, from), most);
      }
    }
  }
}

// The maximum time of one stage on each system.
std::vector<Cost> SearchGraph::longest_stages() const {
  std::vector<Cost> longest(system_count(), longest_);
  for (const GroupLimit& limit : constraints_.computes) {
    for (int system = 0; system < system_count(); ++system) {
      if (!limit.group.holds(system)) continue;
      longest[system] = std::min(longest[system], clock_.limit(limit.max));
    }
  }
  return longest;
}

// From the last block backwards: a stage ends no later than one that starts a block later, ends
// before the first forbidden block, and shrinks from its end while it takes too long.
void SearchGraph::fill_furthest_ends() {
  const int n = block_count();
  furthest_end_.assign(at(n + 1, 0), n);
  const std::vector<Cost> longest = longest_stages();
  for (int system = 0; system < system_count(); ++system) {
    int end = n;
    for (int block = n - 1; block >= 0; --block) {
      const std::size_t place = static_cast<std::size_t>(system) * n + block;
      if (!constraints_.usable[system] || !constraints_.may_run[place]) end = block;
      while (end > block && run_time(system, block, end) > longest[system]) --end;
      furthest_end_[at(block, system)] = end;
    }
  }
  for (int system = 0; system < system_count(); ++system) {
    if (constraints_.memory_bytes[system] < infinity) limit_by_memory(system);
  }
}

// A stage needs the weights of all its blocks and the largest activations of any. Both shrink with
// a later start and with an earlier end. So for starts from last to first the furthest end only
// moves forward, and the largest activations are a sliding maximum: the minimum of negated values.
// O(blocks).
void SearchGraph::limit_by_memory(int system) {
  const std::vector<BlockMemory>& memory = problem_.memory;
  const double most = constraints_.memory_bytes[system] * (1 + limit_slack);
  SlidingMinimum<double> least_negated;  // minus the largest activations
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

bool SearchGraph::within_limits(int from, int to, int block, int codec) const {
  if (bytes_into(block, codec) > upload_bytes_(to, from)) return false;
  return longest_ >= unreachable ||
         (hop_time(from, to, block, codec) <= longest_ &&
          encode_time(from, block, codec) <= longest_ && decode_time(to, block, codec) <= longest_);
}

Cost SearchGraph::hop_time(int from, int to, int block, int codec) const {
  return clock_(crossings_[block].reach * problem_.link(from, to)->busy_s(bytes_of(block, codec)));
}

Cost SearchGraph::min_hop_time(int from, int to, int block) const {
  if (!has_codecs()) return hop_time(from, to, block);
  Cost least = unreachable;
  for_each_codec(from, to, block,
                 [&](int codec) { least = std::min(least, hop_time(from, to, block, codec)); });
  return least;
}

Cost SearchGraph::encode_time(int from, int block, int codec) const {
  if (codec == Plan::raw) return 0;
  return clock_(crossings_[block].reach * problem_.codecs[codec].encode_s[from][block]);
}

Cost SearchGraph::decode_time(int to, int block, int codec) const {
  if (codec == Plan::raw) return 0;
  return clock_(crossings_[block].reach * problem_.codecs[codec].decode_s[to][block]);
}

bool SearchGraph::may_hop(int from, int to, int block) const {
  return hop_indicator_(to, from) == 0 && may_send_any(from, to, block);
}

bool SearchGraph::may_return(int from, int to) const {
  if (from == to) return true;
  return problem_.link(from, to) && may_send_any(from, to, block_count());
}

// With any codec.
bool SearchGraph::may_send_any(int from, int to, int block) const {
  if (within_limits(from, to, block, Plan::raw)) return true;
  if (!has_codecs()) return false;
  const std::vector<int>& codecs = codecs_into_[block];
  return std::any_of(codecs.begin(), codecs.end(),
                     [&](int codec) { return may_code(from, to, block, codec); });
}

bool SearchGraph::may_enter_first(int source, int system) const {
  if (constraints_.in_platform_order && skips_required(-1, constraints_.platform[system]))
    return false;
  return system == source || may_hop(source, system, 0);
}

bool SearchGraph::may_finish(int system) const {
  if (!constraints_.may_finish[system]) return false;
  return !constraints_.in_platform_order ||
         !skips_required(constraints_.platform[system],
                         static_cast<int>(constraints_.platform_used.size()));
}

void SearchGraph::fill_destinations() {
  if (!constraints_.return_to) return;
  for (int system = 0; system < system_count(); ++system) {
    if (constraints_.return_to->holds(system)) all_destinations_.push_back(system);
  }
  destinations_.resize(system_count());
  for (int source : constraints_.sources) {
    if (constraints_.return_to->holds(source)) destinations_[source] = {source};
  }
}

const std::vector<int>& SearchGraph::destinations(int source) const {
  if (destinations_.empty() || destinations_[source].empty()) return all_destinations_;
  return destinations_[source];
}

void SearchGraph::fill_transfers(int from, int block, Row& seconds) const {
  const auto [bytes, reach] = crossings_[block];
  if (reach == 0) {  // 0 · ∞
    seconds = hop_indicator_.col(from);
    return;
  }
  seconds = ping_s_.col(from) + bytes / bytes_per_s_.col(from);
  if (reach != 1) seconds *= reach;
  for (int to : curves_[from]) seconds[to] = transfer_s(from, to, block);
}

void SearchGraph::apply_limits(int from, int block, int codec, Row& row) const {
  if (limits_uploads_) {
    row = (upload_bytes_.col(from) >= bytes_into(block, codec)).select(row, infinity);
  }
  if (longest_ >= unreachable) return;
  for (int to = 0; to < system_count(); ++to) {
    if (row[to] < infinity && !within_limits(from, to, block, codec)) row[to] = infinity;
  }
}

bool SearchGraph::may_send(int system) const {
  return constraints_.usable[system] ||
         std::find(constraints_.sources.begin(), constraints_.sources.end(), system) !=
             constraints_.sources.end();
}

bool SearchGraph::is_return_wanted(int from, int to) const {
  if (!constraints_.return_to || !constraints_.return_to->holds(to) || from == to) return false;
  const bool is_source = std::find(constraints_.sources.begin(), constraints_.sources.end(), to) !=
                         constraints_.sources.end();
  return constraints_.usable[from] && (is_source || !constraints_.returns_to_source);
}

std::vector<MissingLink> SearchGraph::missing_links() const {
  std::vector<MissingLink> missing;
  if (!constraints_.in_platform_order) return missing;
  for (int from = 0; from < system_count(); ++from) {
    for (int to = 0; to < system_count(); ++to) {
      const bool wanted = may_send(from) && constraints_.usable[to] && in_order(from, to);
      if ((wanted || is_return_wanted(from, to)) && !problem_.link(from, to)) {
        missing.push_back({problem_.systems[from].name, problem_.systems[to].name});
      }
    }
  }
  return missing;
}

}  // namespace scission::search_detail
