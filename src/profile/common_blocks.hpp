// Merging the profiles of one model to the blocks that all of them share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/profile.hpp"

namespace scission {

/// Size of a .npy header, which the original tool counts in a block's output.
inline constexpr std::int64_t npy_header_bytes = 128;

/// A profile of a model, with the name that errors use for its system.
struct NamedProfile {
  std::string label;
  const ModelProfile* model = nullptr;
};

/// The interval of a block's seconds, or else of their median; 0, 0 if neither is known.
Interval interval_of(const BlockTiming& timing);

/// The blocks between the boundaries that all profiles share; a block's output has the largest of
/// the stated sizes. The profiles, at least one, must be valid.
/// Throws Error(mismatch) when they describe different models under one name: other last layers,
/// or sizes that differ by more than npy_header_bytes. O(profiles × blocks²).
std::vector<Block> common_blocks(const std::vector<NamedProfile>& profiles);

/// The model's timings merged to `blocks`, whose boundaries must be among its own. Times and sizes
/// are added; of the peak memory the maximum counts. Intervals are added too, as if the parts were
/// slow at the same time, which makes them conservative; the sum is unknown if one part is. Samples
/// are added round by round, and the summary is computed from them; without samples only unmerged
/// blocks keep their summary.
std::vector<BlockTiming> merged_timings(const ModelProfile& model,
                                        const std::vector<Block>& blocks);

/// All blocks of the model merged to one.
BlockTiming merged_timing(const ModelProfile& model);

}  // namespace scission
