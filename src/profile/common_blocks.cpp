#include "profile/common_blocks.hpp"

#include <algorithm>
#include <set>

#include "scission/plan/problem.hpp"

namespace scission {
namespace {

bool is_known(const Interval& interval) { return interval.high > 0; }

// The interval of a block's seconds, or of their median where the file has no other.
Interval interval_of(const BlockTiming& timing) {
  return is_known(timing.interval) ? timing.interval : timing.summary.interval;
}

Interval sum_of(const Interval& a, const Interval& b) {
  if (!is_known(a) || !is_known(b)) return {};
  return {a.low + b.low, a.high + b.high};
}

// Rounds that both have; none where the files disagree about how many there were.
std::vector<double> sum_of(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return {};
  std::vector<double> sum = a;
  for (std::size_t round = 0; round < b.size(); ++round) sum[round] += b[round];
  return sum;
}

void append(BlockTiming& sum, const BlockTiming& next) {
  sum.interval = sum_of(interval_of(sum), interval_of(next));
  sum.samples = sum_of(sum.samples, next.samples);
  sum.summary = Summary();
  sum.block.last_layer = next.block.last_layer;
  sum.block.output_bytes = next.block.output_bytes;
  sum.seconds += next.seconds;
  sum.layer_types += (sum.layer_types.empty() ? "" : " ") + next.layer_types;
  sum.parameters += next.parameters;
  sum.weight_bytes += next.weight_bytes;
  sum.peak_activation_bytes = std::max(sum.peak_activation_bytes, next.peak_activation_bytes);
  sum.flops += next.flops;
  sum.cold_seconds += next.cold_seconds;
}

// What append() leaves open, because it takes its time.
void complete(BlockTiming& sum) {
  if (sum.summary.count == 0 && !sum.samples.empty()) sum.summary = summarise(sum.samples);
}

}  // namespace

std::vector<Block> common_blocks(const std::vector<NamedProfile>& profiles) {
  std::vector<SystemProfile> systems;
  std::set<std::string> platforms;
  for (const NamedProfile& one : profiles) {
    SystemProfile& system = systems.emplace_back();
    system.platform = one.platform;
    system.name = one.name;
    system.models = {*one.model};
    platforms.insert(one.platform);
  }
  return make_problem(systems, Network(), profiles.front().model->model,
                      {platforms.begin(), platforms.end()})
      .blocks;
}

std::vector<BlockTiming> merged_timings(const ModelProfile& model,
                                        const std::vector<Block>& blocks) {
  std::vector<BlockTiming> merged;
  for (const BlockTiming& timing : model.blocks) {
    const bool begins =
        merged.empty() || merged.back().block.last_layer >= blocks[merged.size() - 1].last_layer;
    if (begins) {
      merged.push_back(timing);
    } else {
      append(merged.back(), timing);
    }
  }
  for (std::size_t index = 0; index < merged.size(); ++index) {
    merged[index].block = blocks[index];
    complete(merged[index]);
  }
  return merged;
}

BlockTiming merged_timing(const ModelProfile& model) {
  BlockTiming sum = model.blocks.front();
  for (std::size_t index = 1; index < model.blocks.size(); ++index)
    append(sum, model.blocks[index]);
  complete(sum);
  return sum;
}

}  // namespace scission
