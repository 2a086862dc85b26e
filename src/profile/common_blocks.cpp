#include "profile/common_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "scission/base/error.hpp"

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

std::int64_t bytes_after(const ModelProfile& profile, int layer) {
  const auto found =
      std::find_if(profile.blocks.begin(), profile.blocks.end(),
                   [layer](const BlockTiming& timing) { return timing.block.last_layer == layer; });
  return found->block.output_bytes;
}

std::int64_t agreed_bytes(const std::vector<NamedProfile>& profiles, int layer) {
  const NamedProfile& first = profiles.front();
  std::int64_t low = bytes_after(*first.model, layer);
  std::int64_t high = low;
  for (const NamedProfile& other : profiles) {
    const std::int64_t bytes = bytes_after(*other.model, layer);
    low = std::min(low, bytes);
    high = std::max(high, bytes);
    if (high - low > npy_header_bytes) {
      refuse_different(first, other,
                       fmt::format("after layer {} one outputs {} bytes, the other {}", layer,
                                   bytes_after(*first.model, layer), bytes));
    }
  }
  return high;
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
    blocks.push_back({first_layer, last_layer, agreed_bytes(profiles, last_layer)});
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
