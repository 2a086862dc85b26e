#include "scission/torchscript/split/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"
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

namespace fs = std::filesystem;

std::vector<TensorSpec> crossing_specs(const ReadModel& model, const std::vector<int>& values) {
  std::vector<TensorSpec> specs;
  for (const int index : values) {
    const Value& value = model.graph.values.at(index);
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

using Stack = std::vector<c10::IValue>;

/// One batch size: what the whole model returns, and what the segments have computed so far.
struct Run {
  BatchVerdict verdict;
  c10::IValue expected;
  Stack passed_on;
  bool runs() const { return verdict.model_runs && verdict.message.empty(); }
};

Stack inputs_for(const VerifyOptions& options, std::int64_t batch) {
  InputOptions inputs = options.inputs;
  inputs.tensors = with_batch(std::move(inputs.tensors), batch);
  Stack stack;
  for (at::Tensor& tensor : random_inputs(inputs)) stack.emplace_back(std::move(tensor));
  return stack;
}

// Copies, because a model may write into its inputs.
Stack copies(const Stack& stack) {
  Stack all;
  for (const c10::IValue& value : stack) all.emplace_back(value.toTensor().clone());
  return all;
}

Run run_whole(torch::jit::Module& module, const VerifyOptions& options, std::int64_t batch) {
  Run run;
  run.verdict.batch = batch;
  run.passed_on = inputs_for(options, batch);
  try {
    run.expected = module.forward(copies(run.passed_on));
  } catch (const std::exception& error) {
    run.verdict.model_runs = false;
    run.verdict.message = one_line(error);
  }
  return run;
}

std::vector<Run> run_model(const std::function<torch::jit::Module()>& load,
                           const VerifyOptions& options) {
  torch::jit::Module module = load();
  module.eval();
  std::vector<Run> runs;
  for (const std::int64_t batch : options.batches)
    runs.push_back(run_whole(module, options, batch));
  return runs;
}

void run_segment(torch::jit::Module& module, const Segment& segment, bool last, Run& run) {
  if (!run.runs()) return;
  try {
    c10::IValue result = module.forward(std::move(run.passed_on));
    const bool several = !last && segment.outputs.size() != 1;
    run.passed_on = several ? result.toTuple()->elements() : Stack{std::move(result)};
  } catch (const std::exception& error) {
    run.verdict.message = fmt::format("{}: {}", segment.file, one_line(error));
  }
}

// Infinity when the structures differ.
double largest_difference(const c10::IValue& a, const c10::IValue& b) {
  const std::vector<at::Tensor> left = tensors_in(a);
  const std::vector<at::Tensor> right = tensors_in(b);
  if (left.size() != right.size()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].sizes() != right[i].sizes()) return INFINITY;
    if (left[i].numel() == 0) continue;
    const at::Tensor difference = (left[i].to(at::kDouble) - right[i].to(at::kDouble)).abs();
    largest = std::max(largest, difference.max().item<double>());
  }
  return largest;
}

void compare(Run& run) {
  if (!run.runs()) return;
  run.verdict.bit_equal = bit_equal(run.passed_on.at(0), run.expected);
  if (run.verdict.bit_equal) return;
  run.verdict.largest_difference = largest_difference(run.passed_on[0], run.expected);
}

void require_same_file(const std::filesystem::path& path, const Segment& segment) {
  if (sha256_of_file(path) == segment.sha256) return;
  throw Error(ErrorCode::damaged, "is not the file that the manifest lists: the checksum differs",
              path.string());
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
  throw_invalid_argument(fmt::format("cuts must ascend and end with the last layer, {}", last),
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

SegmentManifest write_segments(const SplitModel& model, const std::vector<Cut>& cuts,
                               const std::filesystem::path& folder, const WriteOptions& options) {
  const std::vector<SegmentCode> code = state_of(model).code_for_any_batch(cuts);
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

std::vector<BatchVerdict> verify_segments(const std::filesystem::path& folder,
                                          const std::function<torch::jit::Module()>& load,
                                          const VerifyOptions& options) {
  const SegmentManifest manifest = read_manifest(folder);
  const PlainExecution plain;
  const c10::InferenceMode inference;
  std::vector<Run> runs = run_model(load, options);
  const int total = static_cast<int>(manifest.segments.size());
  for (int i = 0; i < total; ++i) {
    if (options.on_progress) options.on_progress(i, total);
    const Segment& segment = manifest.segments[i];
    require_same_file(folder / segment.file, segment);
    torch::jit::Module module = load_module(folder / segment.file);
    for (Run& run : runs) run_segment(module, segment, i + 1 == total, run);
  }
  std::vector<BatchVerdict> verdicts;
  for (Run& run : runs) {
    compare(run);
    verdicts.push_back(run.verdict);
  }
  return verdicts;
}

}  // namespace scission::torchscript
