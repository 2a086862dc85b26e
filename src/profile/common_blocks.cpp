#include "profile/common_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "scission/base.hpp"

namespace scission {
namespace {

// --- Boundaries ---

[[noreturn]] void refuse_different(const NamedProfile& a, const NamedProfile& b,
                                   const std::string& why) {
  throw Error(ErrorCode::mismatch,
              fmt::format("{} and {} hold different models under the name '{}': {}", a.label,
                          b.label, a.model->model, why));
}

std::vector<int> boundaries(const ModelProfile& profile) {
  std::vector<int> ends;
  for (const BlockTiming& timing : profile.blocks) ends.push_back(timing.block.last_layer);
  return ends;
}

std::vector<int> common_boundaries(const std::vector<NamedProfile>& profiles) {
  std::vector<int> common = boundaries(*profiles.front().model);
  for (const NamedProfile& other : profiles) {
    const std::vector<int> ends = boundaries(*other.model);
    if (ends.back() != common.back()) {
      refuse_different(profiles.front(), other,
                       fmt::format("one ends with layer {}, the other with layer {}", common.back(),
                                   ends.back()));
    }
    std::vector<int> shared;
    std::set_intersection(common.begin(), common.end(), ends.begin(), ends.end(),
                          std::back_inserter(shared));
    common = std::move(shared);
  }
  return common;
}

const Block& block_before(const ModelProfile& profile, int layer) {
  const auto found =
      std::find_if(profile.blocks.begin(), profile.blocks.end(),
                   [layer](const BlockTiming& timing) { return timing.block.last_layer == layer; });
  return found->block;
}

// The largest size stated; sizes that depend on data may differ.
Block agreed_block(const std::vector<NamedProfile>& profiles, int first_layer, int last_layer) {
  const NamedProfile& first = profiles.front();
  const Block& stated = block_before(*first.model, last_layer);
  Block agreed{first_layer, last_layer, stated.output_bytes, stated.bytes_seen};
  std::int64_t low = agreed.output_bytes;
  for (const NamedProfile& other : profiles) {
    const Block& block = block_before(*other.model, last_layer);
    low = std::min(low, block.output_bytes);
    agreed.output_bytes = std::max(agreed.output_bytes, block.output_bytes);
    if (block.bytes_seen) {
      const ByteRange seen = agreed.bytes_seen.value_or(*block.bytes_seen);
      agreed.bytes_seen = ByteRange{std::min(seen.smallest, block.bytes_seen->smallest),
                                    std::max(seen.largest, block.bytes_seen->largest)};
    }
    if (!agreed.bytes_seen && agreed.output_bytes - low > npy_header_bytes) {
      refuse_different(first, other,
                       fmt::format("after layer {} one outputs {} bytes, the other {}", last_layer,
                                   stated.output_bytes, block.output_bytes));
    }
  }
  return agreed;
}

// --- Merging neighbouring blocks ---

bool is_known(const Interval& interval) { return interval.high > 0; }

Interval sum_of(const Interval& a, const Interval& b) {
  if (!is_known(a) || !is_known(b)) return {};
  return {a.low + b.low, a.high + b.high};
}

// Sums round by round; empty if the numbers of rounds differ.
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
  sum.block.bytes_seen = next.block.bytes_seen;
  sum.seconds += next.seconds;
  sum.layer_types += (sum.layer_types.empty() ? "" : " ") + next.layer_types;
  sum.parameters += next.parameters;
  sum.weight_bytes += next.weight_bytes;
  sum.peak_activation_bytes = std::max(sum.peak_activation_bytes, next.peak_activation_bytes);
  sum.flops += next.flops;
  sum.cold_seconds += next.cold_seconds;
}

// Computes the summary, which append() skips because it is expensive.
void complete(BlockTiming& sum) {
  if (sum.summary.count == 0 && !sum.samples.empty()) sum.summary = summarise(sum.samples);
}

}  // namespace

Interval interval_of(const BlockTiming& timing) {
  return is_known(timing.interval) ? timing.interval : timing.summary.interval;
}

std::vector<Block> common_blocks(const std::vector<NamedProfile>& profiles) {
  std::vector<Block> blocks;
  int first_layer = 0;
  for (int last_layer : common_boundaries(profiles)) {
    blocks.push_back(agreed_block(profiles, first_layer, last_layer));
    first_layer = last_layer + 1;
  }
  return blocks;
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
