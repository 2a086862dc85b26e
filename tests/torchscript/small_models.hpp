// Small modules to split.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::testing {

/// A module without submodules whose methods are `source`, TorchScript.
torch::jit::Module scripted(const std::string& source);

/// Convolutions with a residual connection and a dense end, for inputs n × 3 × h × w of any size.
///
///     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 relu2 ── 6 mean ── 7 dense
///                                     └────────────────┘
torch::jit::Module residual_model();

/// Two residual blocks in a list, for inputs n × 6:
/// body.0.linear, body.0.relu and an addition, body.1.linear, body.1.relu and an addition, mean.
torch::jit::Module nested_model();

/// The network of residual_model(), recorded from a run on `example` and so without submodules.
torch::jit::Module traced_model(const at::Tensor& example);

/// Runs the whole model, then its blocks in order, and compares the results bit for bit.
bool chain_is_exact(Runnable& model);

/// Standard normal numbers, the same on every call.
at::Tensor noise(at::IntArrayRef shape);

/// The layers after which the model can be cut.
std::vector<int> layers_of(const CutList& found);

/// The types of all layers, separated by spaces.
std::string types_of(const ModelGraph& graph);

/// Why there is no cut after the layer; empty where there is one.
std::string reason_after(const CutList& found, int layer);

/// The names of what crosses after the layer, which must be a cut, separated by spaces.
std::string crossing_after(const torchscript::SplitModel& model, int layer);

/// What the module returns for copies of the inputs, run operation by operation.
c10::IValue run_plainly(torch::jit::Module module, const std::vector<at::Tensor>& inputs);

/// What the segments return at their end, each run on contiguous copies of what the one before has
/// returned.
c10::IValue run_chain(const std::vector<torch::jit::Module>& segments,
                      const std::vector<at::Tensor>& inputs);

/// Whether the segments between all of the model's cuts return what the module does, bit for bit.
bool segments_are_exact(const torchscript::SplitModel& model, const torch::jit::Module& module,
                        const std::vector<at::Tensor>& inputs);

}  // namespace scission::testing
