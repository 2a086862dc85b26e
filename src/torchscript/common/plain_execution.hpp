// Running a module without LibTorch's optimisations.
#pragma once

#include <torch/csrc/jit/runtime/graph_executor.h>

#include "scission/base/export.hpp"

namespace scission::torchscript {

/// During its lifetime, forward() runs operation by operation, without fusion, so that results are
/// bit-equal on the first and on later runs, and for segments and the whole model.
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
