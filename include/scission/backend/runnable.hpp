// The seam to a backend: something that can run a whole model, and its blocks one by one.
#pragma once

#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// A model, split into blocks and holding its input, ready to be timed.
///
/// No tensor passes through this interface: the backend keeps the input, what the block that ran
/// last put out, and the whole model's last output. Not thread-safe.
class SCISSION_EXPORT Runnable {
 public:
  virtual ~Runnable() = default;

  virtual const ModelGraph& graph() const = 0;           ///< the model's layers
  virtual const std::vector<Block>& blocks() const = 0;  ///< in the order in which they run

  /// Runs the whole model on the input. Returns when the result is ready.
  virtual void run_whole() = 0;

  /// Runs one block on what its predecessor has just put out (block 0: on the input), and lets go
  /// of that, as the whole model does: memory is reused, and caches see what they see there. Blocks
  /// are run in order. Throws Error(invalid_argument) when its turn has not come.
  virtual void run_block(int block) = 0;

  /// Whether the last block's output is bit for bit that of the last run_whole().
  /// Both must have been run.
  virtual bool chain_equals_whole() const = 0;

  virtual std::string backend() const = 0;          ///< "LibTorch"
  virtual std::string backend_version() const = 0;  ///< "1.13.0"
};

}  // namespace scission
