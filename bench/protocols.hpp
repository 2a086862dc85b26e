// Ways to time a model's blocks: ours, and those of the two tools that came before.
#pragma once

#include <torch/script.h>

#include <vector>

#include "scission/torchscript/split/split.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::bench {

struct Outcome {
  double whole_s = 0;
  std::vector<double> blocks_s;
  double cost_s = 0;  ///< what measuring took

  double sum_s() const;
};

/// Code for the whole model and for every block, called without anything in between.
class DirectModel {
 public:
  explicit DirectModel(const torchscript::SplitModel& model);

  std::size_t blocks() const { return blocks_.size(); }
  void run_whole() const;

  /// On the input that one run of the chain brought it.
  void run_block(std::size_t block) const;

  /// All blocks, each on its predecessor's output.
  void run_chain() const;

 private:
  torchscript::Program whole_;
  std::vector<c10::IValue> input_;
  std::vector<torchscript::Program> blocks_;
  std::vector<std::vector<c10::IValue>> inputs_;  ///< of every block
};

/// The whole model and then each block by itself, one run straight after the other. The original:
/// the mean of ten after one. Its fork: the median of ten after ten.
Outcome mean_of_ten(const DirectModel& model);
Outcome median_of_ten_after_ten(const DirectModel& model);

}  // namespace scission::bench
