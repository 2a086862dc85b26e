// The cuts that matter: those after which less has to be sent than after any before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "scission/profile/profile.hpp"

namespace scission::html_report {

/// Payload of the model's input: what layer 0 hands on where that is a block of its own, else by
/// the shape, 4 bytes an element; empty where neither is known.
std::optional<std::int64_t> input_bytes(const ModelProfile& model,
                                        const std::vector<BlockTiming>& blocks);

/// The blocks with an output smaller than the input and than every earlier output: indices,
/// ascending. Any other cut sends as much or more and leaves less to the systems behind, so that it
/// pays only for the time on both sides. Not the last block, after which there is no cut.
/// O(blocks).
std::vector<std::size_t> early_cuts(const std::vector<BlockTiming>& blocks,
                                    std::optional<std::int64_t> input_bytes);

/// What share of the blocks' time the first `count` take; 0 where none takes any.
double share_of_time(const std::vector<BlockTiming>& blocks, std::size_t count);

}  // namespace scission::html_report
