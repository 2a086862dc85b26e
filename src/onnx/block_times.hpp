// The time of each block within the whole model, from ONNX Runtime's own profile of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "onnx/read_model.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// Finds the block of an operation that ONNX Runtime runs. It names what its optimisations make
/// after a node or value that they replace: "relu1_nchwc", "fused /fc/Gemm_4".
class BlockNames {
 public:
  BlockNames(const ReadModel& model, const std::vector<Block>& blocks);

  static constexpr int any = -1;      ///< of a node that makes a fixed value, such as a shape
  static constexpr int unknown = -2;  ///< the name tells no block, as those of conversions
  int find(std::string_view name) const;

  std::size_t blocks() const { return count_; }

  /// Whether a node has no name: then ONNX Runtime makes one up, which tells no block.
  bool has_unnamed() const { return has_unnamed_; }

 private:
  void add(const ReadModel& model, int node, int block);
  void add_names(const ReadModel& model, int node, int block);

  std::size_t count_;
  bool has_unnamed_ = false;
  std::unordered_map<std::string, int> names_;    ///< of nodes and values
  std::unordered_map<std::string, int> folders_;  ///< by path; unknown: nodes of several blocks
};

/// Means over the middle half of the runs by their sums; runs[i] has a value for each block.
std::vector<double> middle_half_means(std::vector<std::vector<double>> runs);

/// Seconds that each block takes within a run of the whole model, which takes `whole_s`: [block],
/// with the sum `whole_s`. `profile` is the text of the profiler's file; the first run in it does
/// not count. Its times are those of operations, to a microsecond; the rest of `whole_s` is divided
/// equally between the operations. One of any or an unknown block belongs to its predecessor's.
///
/// Empty for a model with unnamed nodes and for fewer than two runs, where more than a quarter of
/// the time is of unknown blocks, and where a line cannot be read. O(operations · runs).
std::vector<double> block_times_of_profile(const std::string& profile, const BlockNames& names,
                                           double whole_s);

/// What the end of one block and the beginning of the next cost more in two sessions than in one,
/// in seconds, [block]: as a stage's first block. `extra_s` is what each block alone takes more
/// than within the model. The smallest of them is the cost of a session's run. The rest are
/// conversions of layouts, which take time in proportion to the bytes: it is divided between the
/// block's beginning and end by `crossing_bytes` there, [block], in front of each block. The
/// model's own ends cost the whole model the same, so the first block's is 0. O(blocks).
std::vector<double> boundary_times(const std::vector<double>& extra_s,
                                   const std::vector<double>& crossing_bytes);

}  // namespace scission::onnx
