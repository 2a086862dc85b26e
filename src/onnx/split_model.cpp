#include "onnx/split_model.hpp"

#include "onnx/fusions.hpp"
#include "onnx/inputs.hpp"
#include "scission/base.hpp"

namespace scission::onnx {
namespace {

LayerOrder order_for(CutKind cuts) {
  return cuts == CutKind::frontier ? LayerOrder::compact : LayerOrder::file;
}

// Tensors of these types and other shapes.
std::vector<Tensor> zeros(std::vector<Tensor> tensors,
                          const std::vector<std::vector<std::int64_t>>& shapes) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].shape = shapes[i];
    tensors[i].bytes =
        to_shared_bytes(std::string(tensor_bytes(tensors[i].dtype, shapes[i]), '\0'));
  }
  return tensors;
}

}  // namespace

const char* backend_name() { return "ONNX Runtime"; }

SplitModel::SplitModel(const ModelSource& source, const std::vector<Tensor>& inputs,
                       const SplitOptions& options)
    : source_(source), options_(options) {
  options_.order = options.order.value_or(order_for(options.cuts));
  model_.file = read_model_file(source.file);
  order_inputs(model_.file, source.inputs);
  inputs_ = named_inputs(model_.file, inputs.empty() ? random_tensors({source.inputs}) : inputs);
  model_.nodes = read_nodes(model_.file);
  model_.types = value_types(model_.file, model_.nodes, inputs_);
  describe_layers(model_, source.name, options_.granularity, *options_.order);
  cuts_ = find_cuts(model_.graph, options_.cuts);
  if (!options.inside_fusions) reject_cuts_inside_fusions(model_, cuts_);
}

std::optional<std::vector<ValueType>> SplitModel::other_batch(
    const std::vector<SegmentContents>& segments) const {
  const std::vector<ModelInput> declared = inputs_of(model_.file);
  std::vector<std::vector<std::int64_t>> shapes;
  bool is_open = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    shapes.push_back(inputs_[i].shape);
    const int batch = source_.inputs[i].batch_dimension;
    if (batch < 0 || batch >= static_cast<int>(shapes[i].size())) continue;
    if (declared[i].has_shape && declared[i].shape[batch] >= 0) return std::nullopt;
    is_open = true;
    ++shapes[i][batch];
  }
  if (!is_open) return std::nullopt;
  try {
    std::vector<ValueType> other = value_types(model_.file, model_.nodes, zeros(inputs_, shapes));
    if (holds_for_batch(model_, segments, other)) return other;
  } catch (const Error&) {
    // It does not run on another batch.
  }
  return std::nullopt;
}

}  // namespace scission::onnx
