// Running a module as its code says.
#pragma once

#include <torch/csrc/jit/runtime/graph_executor.h>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission::torchscript {

/// While it lives, forward() runs operation by operation, as the code says: nothing is fused, so
/// results are the same bits on the first run as on later ones, and in pieces as in one.
class SCISSION_EXPORT PlainExecution {
 public:
  PlainExecution() : before_(torch::jit::getGraphExecutorOptimize()) {
    torch::jit::setGraphExecutorOptimize(false);
  }
  ~PlainExecution() { torch::jit::setGraphExecutorOptimize(before_); }
  PlainExecution(const PlainExecution&) = delete;
  PlainExecution& operator=(const PlainExecution&) = delete;

 private:
  bool before_;
};

}  // namespace scission::torchscript
