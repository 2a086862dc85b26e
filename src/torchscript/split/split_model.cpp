#include <fmt/format.h>

#include <algorithm>

#include "scission/base/error.hpp"
#include "scission/torchscript/split/split.hpp"
#include "torchscript/split/split_state.hpp"

namespace scission::torchscript {
namespace {

constexpr int other_batch_factor = 3;

LayerOrder order_for(CutKind cuts) {
  return cuts == CutKind::frontier ? LayerOrder::compact : LayerOrder::file;
}

// The inputs with three times the batch; empty when one of them has no batch dimension.
std::vector<at::Tensor> on_other_batch(const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> more;
  for (const at::Tensor& input : inputs) {
    if (input.dim() == 0) return {};
    more.push_back(at::cat(std::vector<at::Tensor>(other_batch_factor, input)));
  }
  return more;
}

std::optional<Trace> trace_on_other_batch(const ModelCode& code, const std::string& name,
                                          const std::vector<at::Tensor>& inputs) {
  const std::vector<at::Tensor> more = on_other_batch(inputs);
  if (more.empty()) return std::nullopt;
  try {
    return trace(code, name, more);
  } catch (const Error&) {  // the model runs on one batch size only, and so do its segments
    return std::nullopt;
  } catch (const FreezingNeeded&) {  // numbers decide its control flow with that batch, but not
                                     // with this one
    return std::nullopt;
  }
}

}  // namespace

SplitState::SplitState(const torch::jit::Module& module, const std::string& name,
                       std::vector<at::Tensor> inputs, const SplitOptions& options)
    : options_(options), inputs_(std::move(inputs)) {
  options_.order = options.order.value_or(order_for(options.cuts));
  model_ = read_model(trace_module(module, name), name, options_.granularity, *options_.order);
  cuts_ = find_cuts(model_.graph, options_.cuts);
}

Trace SplitState::trace_module(const torch::jit::Module& module, const std::string& name) {
  code_ = inlined_code(module, name);
  try {
    return trace(code_, name, inputs_);
  } catch (const FreezingNeeded&) {
    code_ = frozen_code(module, name);
    return trace(code_, name, inputs_);
  }
}

void SplitState::check(const std::vector<Cut>& cuts) const {
  const bool ascend = std::adjacent_find(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) {
                        return a.layer >= b.layer;
                      }) == cuts.end();
  const int last = static_cast<int>(model_.graph.layers.size()) - 1;
  if (!cuts.empty() && ascend && cuts.back().layer == last) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("cuts must ascend and end with the last layer, {}", last),
              "model " + model_.graph.name);
}

std::vector<SegmentCode> SplitState::code(const std::vector<Cut>& cuts) const {
  check(cuts);
  return segment_code(model_, cuts);
}

std::vector<SegmentCode> SplitState::code_for_any_batch(const std::vector<Cut>& cuts) const {
  check(cuts);
  const auto more = trace_on_other_batch(code_, model_.graph.name, inputs_);
  const auto other = more ? OtherBatch::compare(model_.trace, *more) : std::nullopt;
  if (other) return segment_code(model_, cuts, &*other);
  std::vector<SegmentCode> segments = segment_code(model_, cuts);
  for (SegmentCode& segment : segments) segment.any_batch = false;
  return segments;
}

SplitModel::SplitModel(const torch::jit::Module& module, const std::string& name,
                       std::vector<at::Tensor> inputs, const SplitOptions& options)
    : state_(std::make_unique<SplitState>(module, name, std::move(inputs), options)) {}
SplitModel::~SplitModel() = default;
SplitModel::SplitModel(SplitModel&&) noexcept = default;
SplitModel& SplitModel::operator=(SplitModel&&) noexcept = default;

const SplitState& state_of(const SplitModel& model) { return *model.state_; }

const ModelGraph& SplitModel::graph() const { return state_->model().graph; }
const CutList& SplitModel::cuts() const { return state_->cuts(); }
const SplitOptions& SplitModel::options() const { return state_->options(); }
const std::vector<at::Tensor>& SplitModel::inputs() const { return state_->inputs(); }

std::vector<torch::jit::Module> SplitModel::segments(const std::vector<Cut>& cuts) const {
  std::vector<torch::jit::Module> modules;
  for (const SegmentCode& segment : state_->code_for_any_batch(cuts)) {
    modules.push_back(segment_module(segment, graph().name));
  }
  return modules;
}

bool SplitModel::runs_on_any_batch(const std::vector<Cut>& cuts) const {
  const std::vector<SegmentCode> segments = state_->code_for_any_batch(cuts);
  return std::all_of(segments.begin(), segments.end(),
                     [](const SegmentCode& segment) { return segment.any_batch; });
}

}  // namespace scission::torchscript
