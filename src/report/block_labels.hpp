// What stands below the bars of a picture that has one a block, and how wide that makes it.
#pragma once

#include <string>
#include <vector>

#include "scission/profile/profile.hpp"

namespace scission {

/// "7 Conv2D" or "6-17 (12 layers)".
std::string block_label(const BlockTiming& timing);

/// The labels as far as they fit: of many blocks every n-th, and then the layers alone.
struct BlockLabels {
  std::vector<std::string> texts;  ///< a block each; empty: none
  bool is_upright = false;         ///< written along the bar, not across it
  int width_px = 0;                ///< of the picture
  int height_px = 0;               ///< of the labels
};

/// `margins_px` is what the picture needs beside the bars. O(blocks).
BlockLabels block_labels(const std::vector<BlockTiming>& blocks, int margins_px);

/// "set xtics …".
std::string tic_commands(const BlockLabels& labels);

}  // namespace scission
