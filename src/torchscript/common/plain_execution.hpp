// Running a module as its code says.
#pragma once

#include <torch/csrc/jit/runtime/graph_executor.h>

// For our own tools, which share this with the library.
#pragma GCC visibility push(default)
namespace scission::torchscript {

/// While it lives, forward() runs operation by operation, as the code says: nothing is fused, so
/// results are the same bits on the first run as on later ones, and in pieces as in one.
class PlainExecution {
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
#pragma GCC visibility pop
