// Graphs prepared for running: on a device, optimised for inference or not.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <unordered_map>

namespace scission::torchscript {

/// Parses "cpu", "cuda" or "cuda:1". Throws Error(invalid_argument) on any other text, and
/// Error(unsupported) when this LibTorch or this machine lacks the device.
at::Device find_device(const std::string& text);

/// Prepares the graphs of one model. A weight that several of them share is moved once.
class RunGraphs {
 public:
  RunGraphs(const at::Device& device, bool is_optimized)
      : device_(device), is_optimized_(is_optimized) {}

  /// The graph itself on the CPU without optimisation, else a copy: its constants (tensors, and
  /// devices as arguments) are on the device, and if optimised, LibTorch's passes for frozen graphs
  /// have folded batch norms into convolutions.
  std::shared_ptr<torch::jit::Graph> prepare(const std::shared_ptr<torch::jit::Graph>& graph);

 private:
  void move_constants(torch::jit::Block& block);
  at::Tensor moved(const at::Tensor& tensor);

  at::Device device_;
  bool is_optimized_;
  std::unordered_map<const c10::TensorImpl*, at::Tensor> moved_;
};

}  // namespace scission::torchscript
