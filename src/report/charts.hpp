// What the charts of plans and of blocks show; Chart::script() makes gnuplot scripts of them.
#pragma once

#include <string>
#include <vector>

#include "report/chart.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/search/analysis.hpp"

namespace scission {

/// A bar for every block and every transfer, in the order of execution:
///
///     time (ms, log)  ▏█     ░ 1.14 MB
///                     ▏█ █   ░ ▓
///                     ▏█ █ █ ░ ▓ ▓
///                      0 1-2 3   4 5      blocks by their layers, a transfer between systems
Chart plan_chart(const PartitionProblem& problem, const Plan& plan, double input_bytes);

/// A point for every plan; two metrics are the axes, a third one the colour:
///
///     traffic (MB)    ▏● pi
///                     ▏ └─● pi → vm
///                     ▏    ●────● vm
///                       latency (s)
Chart pareto_chart(const PartitionProblem& problem, const Query& query, const ParetoFront& front,
                   const std::vector<Metric>& metrics);

/// The points of a front, by index, that differ from each earlier one of these by 1 % or more in
/// some metric: the others look like one of them. `amounts` are [metric][point]. O(points²).
std::vector<std::size_t> distinct_points(const std::vector<std::vector<double>>& amounts);

/// The objective over the parameter: one line per plan, breakpoints with their values on top.
Chart sensitivity_chart(const PartitionProblem& problem, const Query& query,
                        const std::vector<SensitivityRange>& ranges, const std::string& axis_title,
                        double now);

/// Time with output size, and FLOPs with parameters: the first as bars, the second as a line with
/// an axis at the right. The title names model and batch and has their sums. O(blocks).
Chart block_times_chart(const ModelProfile& profile, const std::string& system);
Chart block_costs_chart(const ModelProfile& profile);

/// What crosses each cut, a line for each codec: see draw_codecs(). O(blocks + codecs).
Chart codec_chart(const ModelProfile& profile);

/// "7 Conv2D" or "6-17 (12 layers)".
std::string block_label(const BlockTiming& timing);

/// The width of a picture of bars grows with their number between these.
inline constexpr int min_bars_width_px = 900;
inline constexpr int max_bars_width_px = 2400;
inline constexpr int upright_label_px = 15;  ///< width of a bar with a rotated label

/// The labels below the bars of blocks, as far as they fit: of many blocks every n-th has one, with
/// its layers alone.
struct BlockLabels {
  std::vector<std::string> texts;  ///< [block]; empty: no label
  bool is_upright = false;         ///< rotated by 90 degrees
  int width_px = 0;                ///< of the picture
  int height_px = 0;               ///< of the labels
};

/// `margins_px` is the width of the picture beside the bars. O(blocks).
BlockLabels block_labels(const std::vector<BlockTiming>& blocks, int margins_px);

}  // namespace scission
