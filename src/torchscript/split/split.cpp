#include "scission/torchscript/split/split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/split/split_state.hpp"

namespace scission::torchscript {
namespace {

LayerOrder order_for(CutKind cuts) {
  return cuts == CutKind::frontier ? LayerOrder::compact : LayerOrder::file;
}

using Inputs = std::vector<at::Tensor>;

Inputs times_batch(const Inputs& inputs, std::int64_t factor) {
  Inputs more;
  for (const at::Tensor& input : inputs) {
    more.push_back(at::cat(std::vector<at::Tensor>(factor, input)));
  }
  return more;
}

// Inputs with other batch sizes: three times the batch, from which numbers are derived, and those
// that the derived numbers are checked against. Empty when an input has no batch dimension.
std::vector<Inputs> on_other_batches(const Inputs& inputs) {
  const bool has_batch = std::all_of(inputs.begin(), inputs.end(),
                                     [](const at::Tensor& input) { return input.dim() > 0; });
  if (!has_batch) return {};
  const std::int64_t batch = inputs.empty() ? 0 : inputs.front().size(0);
  const bool is_same = std::all_of(inputs.begin(), inputs.end(), [&](const at::Tensor& input) {
    return input.size(0) == batch && batch > 0;
  });
  std::vector<Inputs> all{times_batch(inputs, 3)};
  if (!is_same) {
    all.push_back(times_batch(inputs, 2));
    return all;
  }
  for (const std::int64_t other : {1, 2, 7}) {
    if (other == batch || other == 3 * batch) continue;
    Inputs sized;
    for (const at::Tensor& input : times_batch(inputs, (other + batch - 1) / batch)) {
      sized.push_back(input.narrow(0, 0, other).contiguous());
    }
    all.push_back(std::move(sized));
  }
  return all;
}

std::optional<Trace> trace_on(const ModelCode& code, const std::string& name,
                              const Inputs& inputs) {
  try {
    return trace(code, name, inputs);
  } catch (const Error&) {  // the model runs on one batch size only, and so do its segments
    return std::nullopt;
  } catch (const FreezingNeeded&) {  // numbers decide its control flow with that batch, but not
                                     // with this one
    return std::nullopt;
  }
}

std::vector<c10::IValue> as_stack(const Inputs& inputs) { return {inputs.begin(), inputs.end()}; }

// Models that draw random numbers give equal ones after it.
void seed_random_numbers() { at::manual_seed(1); }

c10::IValue run_forward(torch::jit::Module& module, const Inputs& inputs) {
  const PlainExecution plain;
  seed_random_numbers();
  Inputs own;
  for (const at::Tensor& input : inputs) own.push_back(input.clone());
  return call_forward(module, own);
}

/// What an attribute of a module was.
struct Attribute {
  c10::intrusive_ptr<c10::ivalue::Object> owner;
  std::string name;
  c10::IValue value;

  void restore() const { owner->setAttr(name, value); }
};

std::vector<Attribute> values_of(const torch::jit::Module& module,
                                 const std::set<std::string>& paths) {
  std::vector<Attribute> all;
  for (const std::string& path : paths) {
    c10::intrusive_ptr<c10::ivalue::Object> owner = module._ivalue();
    std::size_t begin = 0;
    for (std::size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1) {
      owner = owner->getAttr(path.substr(begin, dot - begin)).toObject();
    }
    const std::string name = path.substr(begin);
    all.push_back({owner, name, owner->getAttr(name)});
  }
  return all;
}

// A model that assigns to its attributes keeps no state if its answers do not depend on what it ran
// on before: two inputs, in both orders.
void require_repeatable(const torch::jit::Module& module, const std::string& name,
                        const Inputs& inputs, const std::set<std::string>& attributes) {
  const c10::InferenceMode inference;
  Inputs others;
  for (const at::Tensor& input : inputs) {
    others.push_back(input.dim() > 0 ? input.flip(0).roll(1, -1).contiguous() : input.clone());
  }
  torch::jit::Module runs = module;
  const std::vector<Attribute> initial = values_of(runs, attributes);
  const auto restore = [&] {
    for (const Attribute& attribute : initial) attribute.restore();
  };
  // From the initial state: the inputs, the others, the inputs; and the others, the inputs.
  const c10::IValue answer = run_forward(runs, inputs);
  const c10::IValue other_answer = run_forward(runs, others);
  bool same = bit_equal(run_forward(runs, inputs), answer);
  restore();
  same = bit_equal(run_forward(runs, others), other_answer) && same;
  same = bit_equal(run_forward(runs, inputs), answer) && same;
  restore();
  if (same) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("keeps state: it changes its '{}' while it runs, and its next answer "
                          "depends on that",
                          fmt::join(attributes, "', '")),
              "model " + name);
}

namespace fs = std::filesystem;

std::vector<TensorSpec> crossing_specs(const ReadModel& model, const std::vector<int>& values) {
  std::vector<TensorSpec> specs;
  for (const int index : values) {
    const scission::Value& value = model.graph.values.at(index);
    specs.push_back({value.name, value.dtype, value.shape});
  }
  return specs;
}

// Triton serves one tensor, or a tuple or list of tensors.
void require_plain_outputs(const ReadModel& model) {
  for (const torch::jit::Value* output : model.trace.code->outputs()) {
    const auto inputs = output->node()->inputs();
    const bool nested = is_pack(output) && std::any_of(inputs.begin(), inputs.end(), is_pack);
    if (output->node()->kind() != c10::prim::DictConstruct && !nested) continue;
    throw Error(ErrorCode::unsupported,
                "returns a dictionary or lists in lists, which Triton cannot serve; write plain "
                "segments instead",
                "model " + model.graph.name);
  }
}

// The tensors that the model returns, in order, named by their position: "output", "output.aux".
void returned_specs(const Trace& trace, const torch::jit::Value* value, const std::string& name,
                    std::vector<TensorSpec>& specs) {
  if (!is_pack(value)) {
    const ValueInfo* info = trace.info(value);
    if (info && !info->dtype.empty()) specs.push_back({name, info->dtype, info->shape});
    return;
  }
  const auto parts = value->node()->inputs();
  const bool dict = value->node()->kind() == c10::prim::DictConstruct;
  for (std::size_t i = 0; i < parts.size(); i += dict ? 2 : 1) {
    const auto key = torch::jit::toIValue(parts[i]);
    const std::string place =
        dict && key && key->isString() ? key->toStringRef() : std::to_string(dict ? i / 2 : i);
    returned_specs(trace, parts[dict ? i + 1 : i], fmt::format("{}.{}", name, place), specs);
  }
}

std::vector<TensorSpec> output_specs(const ReadModel& model, const SegmentCode& code) {
  const bool last = code.last_layer + 1 == static_cast<int>(model.graph.layers.size());
  if (!last) return crossing_specs(model, code.outputs);
  std::vector<TensorSpec> specs;
  for (const torch::jit::Value* output : model.trace.code->outputs()) {
    returned_specs(model.trace, output, "output", specs);
  }
  return specs;
}

std::string noted(const std::vector<TensorSpec>& specs) {
  std::vector<InputSpec> inputs;
  for (const TensorSpec& spec : specs) inputs.push_back({spec.shape, spec.dtype});
  return to_string(inputs);
}

/// Where a segment is written, relative to the manifest's folder.
struct Place {
  std::string model;  ///< its name in Triton; empty for a plain file
  std::string file;
};

Place place_of(const std::string& model, std::size_t index, bool triton) {
  if (!triton) return {"", fmt::format("segment-{:02}.pt", index)};
  const std::string name = fmt::format("{}-{:02}", model, index);
  return {name, name + "/1/model.pt"};
}

class Writer {
 public:
  Writer(const SplitModel& model, const fs::path& folder, const WriteOptions& options)
      : model_(model), folder_(folder), options_(options) {}

  Segment write(const SegmentCode& code, std::size_t index) const {
    const ReadModel& read = state_of(model_).model();
    const Place place = place_of(read.graph.name, index, options_.triton);
    Segment segment;
    segment.file = place.file;
    segment.first_layer = code.first_layer;
    segment.last_layer = code.last_layer;
    for (int layer = code.first_layer; layer <= code.last_layer; ++layer) {
      segment.layers.push_back(read.graph.layers.at(layer).name);
    }
    segment.inputs = crossing_specs(read, code.inputs);
    segment.outputs = output_specs(read, code);
    const fs::path path = folder_ / place.file;
    make_folder(path.parent_path());
    if (options_.triton) write_triton(segment, place);
    save_module(segment_module(code, read.graph.name), path, note_of_inputs(noted(segment.inputs)));
    segment.bytes = static_cast<std::int64_t>(fs::file_size(path));
    segment.sha256 = sha256_of_file(path);
    return segment;
  }

 private:
  void write_triton(const Segment& segment, const Place& place) const {
    write_file_atomically(folder_ / place.model / "config.pbtxt",
                          triton_config(segment, place.model));
  }

  const SplitModel& model_;
  const fs::path& folder_;
  const WriteOptions& options_;
};

SegmentManifest manifest_of(const SplitModel& model, const WriteOptions& options) {
  SegmentManifest manifest;
  manifest.model = model.graph().name;
  manifest.cuts = to_string(model.options().cuts);
  manifest.granularity = to_string(model.options().granularity);
  manifest.order = to_string(model.options().order.value_or(LayerOrder::file));
  manifest.backend = backend_name();
  manifest.backend_version = backend_version();
  if (!options.source.empty()) {
    manifest.source_file = options.source.filename().string();
    manifest.source_sha256 = sha256_of_file(options.source);
  }
  return manifest;
}

}  // namespace

SplitState::SplitState(const torch::jit::Module& module, const std::string& name,
                       std::vector<at::Tensor> inputs, const SplitOptions& options)
    : options_(options), module_(module), inputs_(std::move(inputs)) {
  options_.order = options.order.value_or(order_for(options.cuts));
  model_ = read_model(trace_module(module, name), name, options_.granularity, *options_.order);
  cuts_ = find_cuts(model_.graph, options_.cuts);
}

Trace SplitState::trace_module(const torch::jit::Module& module, const std::string& name) {
  code_ = inlined_code(module, name);
  try {
    Trace read = trace(code_, name, inputs_);
    if (!read.changed_attributes.empty()) {
      require_repeatable(module, name, inputs_, read.changed_attributes);
    }
    return read;
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
  throw_invalid_argument(fmt::format("cuts must ascend and end with the last layer, {}", last),
                         "model " + model_.graph.name);
}

std::vector<SegmentCode> SplitState::code(const std::vector<Cut>& cuts) const {
  check(cuts);
  return segment_code(model_, cuts);
}

std::vector<SegmentCode> SplitState::code_for_any_batch(const std::vector<Cut>& cuts) const {
  check(cuts);
  const std::vector<OtherBatch> others = other_batches();
  if (!others.empty()) return segment_code(model_, cuts, others);
  std::vector<SegmentCode> segments = segment_code(model_, cuts);
  for (SegmentCode& segment : segments) segment.any_batch = false;
  return segments;
}

// Empty when the model does not run the same operations on all of them.
std::vector<OtherBatch> SplitState::other_batches() const {
  std::vector<OtherBatch> others;
  for (const Inputs& inputs : on_other_batches(inputs_)) {
    const auto other_trace = trace_on(code_, model_.graph.name, inputs);
    auto other = other_trace ? OtherBatch::compare(model_.trace, *other_trace) : std::nullopt;
    if (!other) return {};
    others.push_back(std::move(*other));
  }
  return others;
}

std::vector<at::Tensor> SplitState::cloned_inputs() const {
  Inputs own;
  for (const at::Tensor& input : inputs_) own.push_back(input.clone());
  return own;
}

std::vector<SegmentCode> SplitState::code_for_machines(const std::vector<Cut>& cuts) const {
  std::vector<SegmentCode> segments = code_for_any_batch(cuts);
  const c10::InferenceMode inference;
  std::vector<c10::IValue> passed_on = as_stack(cloned_inputs());
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    try {
      passed_on = Program(segments[i].graph, model_.graph.name).run(std::move(passed_on));
    } catch (const std::exception&) {
      return segments;  // it does not run on this machine, nor can it be verified here
    }
    restore_layouts(segments[i], segments[i + 1], passed_on);
  }
  return segments;
}

void SplitState::require_equal_to_forward() const {
  const c10::InferenceMode inference;
  torch::jit::Module module = module_;
  try {
    const c10::IValue expected = run_forward(module, inputs_);
    seed_random_numbers();
    const std::vector<c10::IValue> read =
        Program(model_.trace.code, model_.graph.name).run(as_stack(cloned_inputs()));
    if (bit_equal(read.at(0), expected)) return;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::mismatch, fmt::format("does not run: {}", one_line(error)),
                "model " + model_.graph.name);
  }
  throw Error(
      ErrorCode::mismatch,
      "cannot be split: the operations that were read from its code give other numbers than "
      "its forward()",
      "model " + model_.graph.name);
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
  for (const SegmentCode& segment : state_->code_for_machines(cuts)) {
    modules.push_back(segment_module(segment, graph().name));
  }
  return modules;
}

bool SplitModel::runs_on_any_batch(const std::vector<Cut>& cuts) const {
  const std::vector<SegmentCode> segments = state_->code_for_any_batch(cuts);
  return std::all_of(segments.begin(), segments.end(),
                     [](const SegmentCode& segment) { return segment.any_batch; });
}

SegmentManifest write_segments(const SplitModel& model, const std::vector<Cut>& cuts,
                               const std::filesystem::path& folder, const WriteOptions& options) {
  const std::vector<SegmentCode> code = state_of(model).code_for_machines(cuts);
  SegmentManifest manifest = manifest_of(model, options);
  if (options.triton) require_plain_outputs(state_of(model).model());
  make_folder(folder);
  const Writer writer(model, folder, options);
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (options.on_progress)
      options.on_progress(static_cast<int>(i), static_cast<int>(code.size()));
    manifest.segments.push_back(writer.write(code[i], i));
    manifest.any_batch = manifest.any_batch && code[i].any_batch;
  }
  write_manifest(manifest, folder);
  return manifest;
}

}  // namespace scission::torchscript
