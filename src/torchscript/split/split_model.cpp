#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/require.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/split/split.hpp"
#include "torchscript/split/segment_module.hpp"
#include "torchscript/split/split_impl.hpp"

namespace scission::torchscript {
namespace {

constexpr int other_batch_factor = 3;
constexpr std::array<std::string_view, 3> grain_names{"op", "layer", "block"};

LayerOrder order_for(CutKind cuts) {
  return cuts == CutKind::frontier ? LayerOrder::compact : LayerOrder::file;
}

// The same inputs, three times over; none when one of them has no batch.
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
  } catch (const Error&) {  // the model is for one batch; so are its segments
    return std::nullopt;
  } catch (const FreezingNeeded&) {  // its numbers decide on that batch, not on this one
    return std::nullopt;
  }
}

}  // namespace

std::string to_string(Grain grain) {
  return std::string(grain_names.at(static_cast<std::size_t>(grain)));
}

Grain parse_grain(std::string_view text) { return parse_enum<Grain>(grain_names, text, "grain"); }

SplitModel::Impl::Impl(const torch::jit::Module& module, const std::string& name,
                       std::vector<at::Tensor> inputs, const SplitOptions& options)
    : options_(options), inputs_(std::move(inputs)) {
  options_.order = options.order.value_or(order_for(options.cuts));
  model_ = read_model(trace_module(module, name), name, options_.grain, *options_.order);
  cuts_ = find_cuts(model_.graph, options_.cuts);
}

Trace SplitModel::Impl::trace_module(const torch::jit::Module& module, const std::string& name) {
  code_ = inlined_code(module, name);
  try {
    return trace(code_, name, inputs_);
  } catch (const FreezingNeeded&) {
    code_ = frozen_code(module, name);
    return trace(code_, name, inputs_);
  }
}

void SplitModel::Impl::check(const std::vector<Cut>& cuts) const {
  const bool ascend = std::adjacent_find(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) {
                        return a.layer >= b.layer;
                      }) == cuts.end();
  const int last = static_cast<int>(model_.graph.layers.size()) - 1;
  if (!cuts.empty() && ascend && cuts.back().layer == last) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("cuts must ascend and end with the last layer, {}", last),
              "model " + model_.graph.name);
}

std::vector<SegmentCode> SplitModel::Impl::code(const std::vector<Cut>& cuts) const {
  check(cuts);
  return segment_code(model_, cuts);
}

std::vector<SegmentCode> SplitModel::Impl::code_for_any_batch(const std::vector<Cut>& cuts) const {
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
    : impl_(std::make_unique<Impl>(module, name, std::move(inputs), options)) {}
SplitModel::~SplitModel() = default;
SplitModel::SplitModel(SplitModel&&) noexcept = default;
SplitModel& SplitModel::operator=(SplitModel&&) noexcept = default;

const ModelGraph& SplitModel::graph() const { return impl_->model().graph; }
const CutList& SplitModel::cuts() const { return impl_->cuts(); }
const SplitOptions& SplitModel::options() const { return impl_->options(); }
const std::vector<at::Tensor>& SplitModel::inputs() const { return impl_->inputs(); }

std::vector<torch::jit::Module> SplitModel::segments(const std::vector<Cut>& cuts) const {
  std::vector<torch::jit::Module> modules;
  for (const SegmentCode& segment : impl_->code_for_any_batch(cuts)) {
    modules.push_back(segment_module(segment, graph().name));
  }
  return modules;
}

bool SplitModel::runs_on_any_batch(const std::vector<Cut>& cuts) const {
  const std::vector<SegmentCode> segments = impl_->code_for_any_batch(cuts);
  return std::all_of(segments.begin(), segments.end(),
                     [](const SegmentCode& segment) { return segment.any_batch; });
}

}  // namespace scission::torchscript
