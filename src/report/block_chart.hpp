// The gnuplot script of a figure a block as bars and another as a line with an axis of its own.
#pragma once

#include <string>
#include <vector>

#include "report/chart_style.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// A figure of every block, in the order of the blocks.
struct BlockSeries {
  std::string name;  ///< in the legend
  ChartAxis axis;    ///< from 0
  std::vector<double> values;
};

struct BlockChart {
  std::string title;
  BlockSeries bars;
  BlockSeries line;
  std::vector<Interval> intervals = {};  ///< of the bars' values; 0, 0: none; or empty
};

/// Draws into STEM.png and STEM.svg. O(blocks).
std::string block_chart_script(const BlockChart& chart, const std::vector<BlockTiming>& blocks,
                               const std::string& stem);

/// Time with output size; FLOPs with parameters. The title names model, batch and their sums.
BlockChart block_times_chart(const ModelProfile& profile, const std::string& system);
BlockChart block_costs_chart(const ModelProfile& profile);

}  // namespace scission
