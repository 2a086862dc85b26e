// Profiles of one model brought to the blocks that all of them have in common.
#pragma once

#include <string>
#include <vector>

#include "scission/profile/profile.hpp"

namespace scission {

/// A profile of a model, with the name by which errors speak of it.
struct NamedProfile {
  std::string platform;
  std::string name;  ///< no two have the same
  const ModelProfile* model = nullptr;
};

/// The blocks between the boundaries that all the profiles have; sizes and errors as
/// make_problem(). There must be one profile at least.
std::vector<Block> common_blocks(const std::vector<NamedProfile>& profiles);

/// The model's timings for `blocks`, whose boundaries must be among its own. Figures add up, of
/// memory the most counts. Intervals add up, as if the parts were slow together: rather too wide
/// than too narrow; one is unknown where a part's is. Samples add up round by round. A summary is
/// kept only where a block is one of the model's own, and recomputed where there are samples.
std::vector<BlockTiming> merged_timings(const ModelProfile& model,
                                        const std::vector<Block>& blocks);

/// All of the model's blocks as one timing.
BlockTiming merged_timing(const ModelProfile& model);

}  // namespace scission
