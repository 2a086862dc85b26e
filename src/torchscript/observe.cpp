#include "torchscript/observe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scission/error.hpp"
#include "torchscript/errors.hpp"
#include "torchscript/program.hpp"
#include "torchscript/tensors.hpp"

namespace scission::torchscript {
namespace {

// Rises with every change in place of a tensor or of a view of it.
std::int64_t version(const c10::IValue& value) {
  std::int64_t sum = 0;
  for (const at::Tensor& tensor : tensors_in(value)) sum += tensor._version();
  return sum;
}

bool share_storage(const c10::IValue& a, const c10::IValue& b) {
  for (const at::Tensor& left : tensors_in(a)) {
    for (const at::Tensor& right : tensors_in(b)) {
      if (left.has_storage() && right.has_storage() && left.is_alias_of(right)) return true;
    }
  }
  return false;
}

void fill_in(Value& value, const c10::IValue& seen) {
  for (const at::Tensor& tensor : tensors_in(seen)) {
    value.bytes += tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
  }
  if (!seen.isTensor()) return;
  value.dtype = dtype_name(seen.toTensor().scalar_type());
  value.shape = seen.toTensor().sizes().vec();
}

class Observer {
 public:
  Observer(const ValueIndex& index, ModelGraph& graph)
      : index_(index), graph_(graph), seen_(graph.values.size()), made_by_(seen_.size()) {}

  void put(int layer, const torch::jit::Value* made, c10::IValue value) {
    const int index = index_.at(made);
    fill_in(graph_.values[index], value);
    made_by_[index] = layer;
    seen_[index] = std::move(value);
  }

  void run(int layer, const LayerNodes& nodes, const LayerIo& io) {
    std::vector<c10::IValue> inputs;
    for (const torch::jit::Value* value : io.reads) inputs.push_back(seen_[index_.at(value)]);
    std::vector<std::int64_t> versions;
    for (const c10::IValue& input : inputs) versions.push_back(version(input));

    std::vector<c10::IValue> made = run_nodes(layer, nodes, io, inputs);
    for (std::size_t i = 0; i < made.size(); ++i) put(layer, io.makes[i], made[i]);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const int value = index_.at(io.reads[i]);
      for (std::size_t k = 0; k < made.size(); ++k) {
        int& maker = made_by_[index_.at(io.makes[k])];
        if (share_storage(made[k], inputs[i])) maker = std::min(maker, made_by_[value]);
      }
      if (version(inputs[i]) != versions[i] && made_by_[value] < layer) {
        mutations_.push_back({value, made_by_[value], layer});
      }
    }
  }

  void forget(const torch::jit::Value* value) { seen_[index_.at(value)] = {}; }

  std::vector<Mutation> mutations() && { return std::move(mutations_); }

 private:
  std::vector<c10::IValue> run_nodes(int layer, const LayerNodes& nodes, const LayerIo& io,
                                     const std::vector<c10::IValue>& inputs) const {
    try {
      return Program(subgraph(nodes.nodes, io.reads, io.makes), nodes.name).run(inputs);
    } catch (const std::exception& error) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("does not run on an input of shape {}: {}",
                              fmt::join(graph_.values[0].shape, "x"), one_line(error)),
                  fmt::format("model {}, layer {} ({})", graph_.name, layer, nodes.name));
    }
  }

  const ValueIndex& index_;
  ModelGraph& graph_;
  std::vector<c10::IValue> seen_;  ///< by value; empty once no later layer reads it
  std::vector<int> made_by_;       ///< by value: the layer that made its storage
  std::vector<Mutation> mutations_;
};

// For each layer, the values that no later layer reads.
std::vector<Values> last_reads(const std::vector<LayerIo>& io) {
  std::unordered_map<torch::jit::Value*, std::size_t> last;
  for (std::size_t layer = 0; layer < io.size(); ++layer) {
    for (torch::jit::Value* value : io[layer].reads) last[value] = layer;
  }
  std::vector<Values> reads(io.size());
  for (const auto& [value, layer] : last) reads[layer].push_back(value);
  return reads;
}

}  // namespace

std::vector<Mutation> observe(const std::vector<LayerNodes>& layers, const std::vector<LayerIo>& io,
                              const ValueIndex& index, const at::Tensor& input, ModelGraph& graph) {
  // Not InferenceMode: its tensors keep no version.
  const at::NoGradGuard no_grad;
  Observer observer(index, graph);
  const std::vector<Values> done = last_reads(io);
  observer.put(0, io[0].makes[0], input.clone());
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    if (!layers[layer].nodes.empty()) {
      observer.run(static_cast<int>(layer), layers[layer], io[layer]);
    }
    for (const torch::jit::Value* value : done[layer]) observer.forget(value);
  }
  return std::move(observer).mutations();
}

}  // namespace scission::torchscript
