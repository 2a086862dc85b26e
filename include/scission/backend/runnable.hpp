// A model that is ready to be measured, whole and block by block.
#pragma once

#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// A model that is split into blocks and has its input, ready to be timed.
///
/// No tensor passes through this interface: the backend keeps the input, the output of the last
/// block that ran and the last output of the whole model. Not thread-safe.
class SCISSION_EXPORT Runnable {
 public:
  virtual ~Runnable() = default;

  virtual const ModelGraph& graph() const = 0;           ///< the model's layers
  virtual const std::vector<Block>& blocks() const = 0;  ///< in the order in which they run

  /// Runs the whole model on the input. Returns when the result is ready.
  virtual void run_whole() = 0;

  /// Runs one block on its predecessor's output (block 0: on the input) and then releases that, as
  /// the whole model does, so that memory and caches are used as in the whole model. Blocks must
  /// run in order; throws Error(invalid_argument) otherwise.
  virtual void run_block(int block) = 0;

  /// Whether the output of the last block equals that of the last run_whole() bit for bit. Both
  /// must have run.
  virtual bool chain_equals_whole() const = 0;

  virtual std::string backend() const = 0;          ///< "LibTorch"
  virtual std::string backend_version() const = 0;  ///< "1.13.0"
};

}  // namespace scission
