// Code as it is to be run: on a device, and optimised for inference or not.
#pragma once

#include <torch/script.h>

#include <memory>
#include <unordered_map>

#include "scission/torchscript/execute/execute.hpp"

namespace scission::torchscript {

/// "cpu", "cuda", "cuda:1". Throws Error(invalid_argument) on another text, Error(unsupported)
/// where this LibTorch or this machine lacks the device.
at::Device find_device(const std::string& text);

/// Prepares the graphs of one model. A weight that several of them have is moved once.
class RunGraphs {
 public:
  RunGraphs(const at::Device& device, bool optimize) : device_(device), optimize_(optimize) {}

  /// The graph itself where nothing is to be done, else a copy whose constants (tensors, and
  /// devices that operations are told) are on the device, with batch norms folded into convolutions
  /// by LibTorch's passes for frozen graphs.
  std::shared_ptr<torch::jit::Graph> prepare(const std::shared_ptr<torch::jit::Graph>& graph);

 private:
  void move_constants(torch::jit::Block& block);
  at::Tensor moved(const at::Tensor& tensor);

  at::Device device_;
  bool optimize_;
  std::unordered_map<const c10::TensorImpl*, at::Tensor> moved_;
};

}  // namespace scission::torchscript
