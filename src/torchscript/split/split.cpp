#include "scission/torchscript/split/split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "scission/model.hpp"
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

/// Which dimension of each input is the batch; nullopt where it has none.
using BatchDimensions = std::vector<std::optional<std::int64_t>>;

BatchDimensions batch_dimensions(const Inputs& inputs, const std::vector<int>& given) {
  BatchDimensions all;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t dimension = i < given.size() ? given[i] : 0;
    const bool has_batch = dimension >= 0 && dimension < inputs[i].dim();
    all.push_back(has_batch ? std::optional(dimension) : std::nullopt);
  }
  return all;
}

Inputs times_batch(const Inputs& inputs, const BatchDimensions& batch, std::int64_t factor) {
  Inputs more;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    more.push_back(batch[i] ? at::cat(std::vector<at::Tensor>(factor, inputs[i]), *batch[i])
                            : inputs[i]);
  }
  return more;
}

/// Inputs with another batch size.
struct OtherInputs {
  Inputs tensors;
  std::int64_t batch = 1;
};

std::set<std::int64_t> batches_of(const Inputs& inputs, const BatchDimensions& dimensions) {
  std::set<std::int64_t> batches;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (dimensions[i]) batches.insert(inputs[i].size(*dimensions[i]));
  }
  return batches;
}

// Where the inputs differ in their batches, the batch is counted in multiples of them.
std::int64_t batch_of(const Inputs& inputs, const BatchDimensions& dimensions) {
  const std::set<std::int64_t> batches = batches_of(inputs, dimensions);
  return batches.size() == 1 ? *batches.begin() : 1;
}

// Inputs with other batch sizes: three times the batch, from which numbers are derived, and those
// that the derived numbers are checked against. Empty when no input has a batch dimension, or a
// batch is empty.
std::vector<OtherInputs> on_other_batches(const Inputs& inputs, const BatchDimensions& dimensions) {
  const std::set<std::int64_t> batches = batches_of(inputs, dimensions);
  if (batches.empty() || batches.contains(0)) return {};
  std::vector<OtherInputs> all{
      {times_batch(inputs, dimensions, 3), 3 * batch_of(inputs, dimensions)}};
  if (batches.size() > 1) {
    all.push_back({times_batch(inputs, dimensions, 2), 2});
    return all;
  }
  const std::int64_t batch = *batches.begin();
  for (const std::int64_t other : {1, 2, 7}) {
    if (other == batch || other == 3 * batch) continue;
    Inputs sized = times_batch(inputs, dimensions, (other + batch - 1) / batch);
    for (std::size_t i = 0; i < sized.size(); ++i) {
      if (dimensions[i]) sized[i] = sized[i].narrow(*dimensions[i], 0, other).contiguous();
    }
    all.push_back({std::move(sized), other});
  }
  return all;
}

std::optional<Trace> trace_on(const ModelCode& code, const std::string& name,
                              const Inputs& inputs) {
  try {
    return trace(code, name, inputs);
  } catch (const Error&) {  // the model runs on one batch size only, and so do its segments
    return std::nullopt;
  }
}

std::vector<c10::IValue> as_stack(const Inputs& inputs) { return {inputs.begin(), inputs.end()}; }

// Models that draw random numbers give equal ones after it.
void seed_random_numbers() { at::manual_seed(1); }

[[noreturn]] void throw_unequal(const std::string& name) {
  throw Error(ErrorCode::mismatch,
              "cannot be split: the operations that were read from its code give other numbers "
              "than its forward(); give it as torch.jit.trace() makes it",
              "model " + name);
}

c10::IValue run_forward(torch::jit::Module& module, const Inputs& inputs) {
  const PlainExecution plain;
  seed_random_numbers();
  Inputs own;
  for (const at::Tensor& input : inputs) own.push_back(input.clone());
  return call_forward(module, own);
}

/// What an attribute of a module was: a copy, because runs change lists and dicts in place.
struct Attribute {
  c10::intrusive_ptr<c10::ivalue::Object> owner;
  std::string name;
  c10::IValue value;

  void restore() const { owner->setAttr(name, value.deepcopy()); }
};

std::vector<Attribute> values_of(const torch::jit::Module& module,
                                 const std::vector<PersistentAttribute>& kept) {
  std::vector<Attribute> all;
  for (const PersistentAttribute& attribute : kept) {
    const std::string& path = attribute.path;
    c10::intrusive_ptr<c10::ivalue::Object> owner = module._ivalue();
    std::size_t begin = 0;
    for (std::size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1) {
      owner = owner->getAttr(path.substr(begin, dot - begin)).toObject();
    }
    const std::string name = path.substr(begin);
    all.push_back({owner, name, owner->getAttr(name).deepcopy()});
  }
  return all;
}

bool are_equal(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Attribute& left, const Attribute& right) {
                      return bit_equal(left.value, right.value);
                    });
}

/// Runs a model whose next run reads what this one has assigned, and puts its attributes back.
class PersistentState {
 public:
  PersistentState(torch::jit::Module module, const std::vector<PersistentAttribute>& kept)
      : module_(std::move(module)), kept_(kept), initial_(values_of(module_, kept)) {}
  ~PersistentState() { restore(); }
  PersistentState(const PersistentState&) = delete;
  PersistentState& operator=(const PersistentState&) = delete;

  c10::IValue run(const Inputs& inputs) { return run_forward(module_, inputs); }
  std::vector<Attribute> attributes() const { return values_of(module_, kept_); }
  void restore() const {
    for (const Attribute& attribute : initial_) attribute.restore();
  }

 private:
  torch::jit::Module module_;
  const std::vector<PersistentAttribute>& kept_;
  std::vector<Attribute> initial_;
};

// A model may keep what it computes from shapes alone, such as a mask for the last size: the first
// run settles it, no later one changes it, and no answer depends on it.
void require_repeatable(const torch::jit::Module& module, const std::string& name,
                        const Inputs& inputs, const std::vector<PersistentAttribute>& kept) {
  if (kept.empty()) return;
  const c10::InferenceMode inference;
  bool same = std::none_of(kept.begin(), kept.end(), [](const PersistentAttribute& attribute) {
    return attribute.depends_on_data;
  });
  if (same) {
    Inputs others;
    for (const at::Tensor& input : inputs) {
      others.push_back(input.dim() > 0 ? input.flip(0).roll(1, -1).contiguous() : input.clone());
    }
    PersistentState state(module, kept);
    const c10::IValue answer = state.run(inputs);
    const std::vector<Attribute> settled = state.attributes();
    const c10::IValue other_answer = state.run(others);
    same = are_equal(state.attributes(), settled) && bit_equal(state.run(inputs), answer) &&
           are_equal(state.attributes(), settled);
    state.restore();
    same = same && bit_equal(state.run(others), other_answer) &&
           are_equal(state.attributes(), settled);
  }
  if (same) return;
  std::vector<std::string> paths;
  for (const PersistentAttribute& attribute : kept) paths.push_back(attribute.path);
  throw Error(ErrorCode::unsupported,
              fmt::format("keeps state: it changes its '{}' while it runs, and its next run reads "
                          "that; pass it as an argument and a result of forward()",
                          fmt::join(paths, "', '")),
              "model " + name);
}

// Whether the attributes are left alike by both inputs.
bool leaves_alike(const torch::jit::Module& module, const std::vector<PersistentAttribute>& kept,
                  const Inputs& inputs, const Inputs& others) {
  if (kept.empty()) return true;
  const c10::InferenceMode inference;
  PersistentState state(module, kept);
  state.run(inputs);
  const std::vector<Attribute> ours = state.attributes();
  state.restore();
  state.run(others);
  return are_equal(ours, state.attributes());
}

// The traced code, which returns the sizes of all tensors whose shapes depend on data.
std::shared_ptr<torch::jit::Graph> code_of_sizes(const Trace& trace,
                                                 std::vector<const torch::jit::Value*>& tensors) {
  auto code = trace.code->copy();
  while (!code->outputs().empty()) code->eraseOutput(0);
  auto copy = code->nodes().begin();
  for (const torch::jit::Node* node : trace.code->nodes()) {
    torch::jit::Node* twin = *copy;
    ++copy;
    torch::jit::WithInsertPoint after(twin->next());
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      const ValueInfo* info = trace.info(node->outputs()[i]);
      if (!info || !info->bytes_seen || info->kind != ValueKind::tensor) continue;
      code->registerOutput(code->insert(c10::aten::size, {twin->outputs()[i]}));
      tensors.push_back(node->outputs()[i]);
    }
  }
  return code;
}

// Widens the sizes seen by those of a run.
void add_sizes(Trace& trace, const std::vector<const torch::jit::Value*>& tensors,
               const std::vector<c10::IValue>& shapes) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    ValueInfo& info = trace.infos.at(tensors[i]);
    const auto bytes = static_cast<std::int64_t>(tensor_bytes(info.dtype, shapes[i].toIntVector()));
    info.bytes_seen->smallest = std::min(info.bytes_seen->smallest, bytes);
    info.bytes_seen->largest = std::max(info.bytes_seen->largest, bytes);
  }
}

constexpr int inputs_for_sizes = 4;

// Sees the sizes of tensors whose shapes depend on data on other inputs, too.
void see_sizes(Trace& trace, const std::string& name,
               const std::function<Inputs(int number)>& others) {
  if (!others) return;
  std::vector<const torch::jit::Value*> tensors;
  const auto code = code_of_sizes(trace, tensors);
  if (tensors.empty()) return;
  const c10::InferenceMode inference;
  const Program program(code, name);
  for (int number = 1; number <= inputs_for_sizes; ++number) {
    Inputs own;
    for (const at::Tensor& input : others(number)) own.push_back(input.clone());
    seed_random_numbers();
    try {
      add_sizes(trace, tensors, program.run(as_stack(own)));
    } catch (const std::exception&) {
      continue;  // an input that the model does not take says nothing
    }
  }
}

namespace fs = std::filesystem;

std::vector<TensorSpec> crossing_specs(const ReadModel& model, const std::vector<int>& values) {
  std::vector<TensorSpec> specs;
  for (const int index : values) {
    const scission::Value& value = model.graph.values.at(index);
    specs.push_back({value.name, value.dtype, value.shape, value.bytes_seen});
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
    if (info && !info->dtype.empty()) {
      specs.push_back({name, info->dtype, info->shape, info->bytes_seen});
    }
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

std::vector<TensorSpec> returned_specs(const ReadModel& model) {
  std::vector<TensorSpec> specs;
  for (const torch::jit::Value* output : model.trace.code->outputs()) {
    returned_specs(model.trace, output, "output", specs);
  }
  return specs;
}

bool is_last(const ReadModel& model, const SegmentCode& code) {
  return code.last_layer + 1 == static_cast<int>(model.graph.layers.size());
}

std::vector<TensorSpec> output_specs(const ReadModel& model, const SegmentCode& code) {
  return is_last(model, code) ? returned_specs(model) : crossing_specs(model, code.outputs);
}

// The exits up to the segment's end, whose verdicts and answers it passes on.
std::vector<SegmentExit> exits_of(const ReadModel& model, const SegmentCode& code) {
  std::vector<SegmentExit> exits;
  if (is_last(model, code)) return exits;
  for (const EarlyExit& each : model.trace.exits) {
    SegmentExit exit;
    for (const torch::jit::Value* output : each.exit->outputs()) {
      for (const int index : code.outputs) {
        if (model.values.at(index) != output) continue;
        const std::string& name = model.graph.values[index].name;
        if (output->offset() == 0) {
          exit.taken = name;
        } else {
          exit.answer.push_back(name);
        }
      }
    }
    if (exit.taken.empty()) continue;
    for (const TensorSpec& returned : returned_specs(model)) exit.names.push_back(returned.name);
    exits.push_back(std::move(exit));
  }
  return exits;
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
    segment.exits = exits_of(read, code);
    const fs::path path = folder_ / place.file;
    make_folder(path.parent_path());
    if (options_.triton) write_triton(segment, place);
    save_module(segment_module(code, read.graph.name), path, inputs_record(noted(segment.inputs)));
    segment.bytes = static_cast<std::int64_t>(fs::file_size(path));
    segment.sha256 = sha256_of_file(path);
    segment.backend = backend_name();
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
                       std::vector<at::Tensor> inputs, const SplitOptions& options,
                       const InputHints& hints)
    : options_(options), hints_(hints), module_(module), inputs_(std::move(inputs)) {
  options_.order = options.order.value_or(order_for(options.cuts));
  model_ = read_model(trace_module(module, name), name, options_.granularity, *options_.order);
  cuts_ = find_cuts(model_.graph, options_.cuts);
  reject_impossible_cuts();
}

// A cut is one if both sides of it can be written as code.
void SplitState::reject_impossible_cuts() {
  try {
    segment_code(model_, cuts_.cuts);
    return;
  } catch (const Error&) {
    // Which cuts they are is found one by one.
  }
  const Cut last = cuts_.cuts.back();
  std::erase_if(cuts_.cuts, [&](const Cut& cut) {
    if (cut.layer == last.layer) return false;
    try {
      segment_code(model_, {cut, last});
      return false;
    } catch (const Error& error) {
      cuts_.rejected.push_back({cut.layer, error.message()});
      return true;
    }
  });
  std::sort(cuts_.rejected.begin(), cuts_.rejected.end(),
            [](const Rejection& a, const Rejection& b) { return a.layer < b.layer; });
}

Trace SplitState::trace_module(const torch::jit::Module& module, const std::string& name) {
  code_ = inlined_code(module, name);
  Trace read = trace(code_, name, inputs_);
  require_repeatable(module, name, inputs_, read.kept);
  see_sizes(read, name, hints_.other_inputs);
  return read;
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

// Empty when the model does not run the same operations on all of them, or may not on others.
std::vector<OtherBatch> SplitState::other_batches() const {
  std::vector<OtherBatch> others;
  std::vector<Trace> traces;
  std::vector<const NumberLog*> logs{&model_.trace.numbers};
  const BatchDimensions dimensions = batch_dimensions(inputs_, hints_.batch_dimensions);
  std::vector<std::int64_t> batches{batch_of(inputs_, dimensions)};
  const std::vector<OtherInputs> all = on_other_batches(inputs_, dimensions);
  traces.reserve(all.size());
  for (const OtherInputs& inputs : all) {
    auto other_trace = trace_on(code_, model_.graph.name, inputs.tensors);
    auto other = other_trace ? OtherBatch::compare(model_.trace, *other_trace) : std::nullopt;
    if (!other || !leaves_alike(module_, model_.trace.kept, inputs_, inputs.tensors)) return {};
    others.push_back(std::move(*other));
    traces.push_back(std::move(*other_trace));
    logs.push_back(&traces.back().numbers);
    batches.push_back(inputs.batch);
  }
  return holds_for_any_batch(logs, batches) ? others : std::vector<OtherBatch>{};
}

std::vector<at::Tensor> SplitState::cloned_inputs() const {
  Inputs own;
  for (const at::Tensor& input : inputs_) own.push_back(input.clone());
  return own;
}

std::vector<SegmentCode> SplitState::code_for_machines(const std::vector<Cut>& cuts) const {
  std::vector<SegmentCode> segments = code_for_any_batch(cuts);
  if (const auto answer = restore_layouts_of(segments)) {
    if (!expected_) expected_ = expected_answer();
    if (!bit_equal(*answer, *expected_)) throw_unequal(model_.graph.name);
  }
  for (SegmentCode& segment : segments) guard_exits(model_, segment);
  return segments;
}

// Empty where the segments do not run on this machine: nor can they be verified here.
std::optional<c10::IValue> SplitState::restore_layouts_of(
    std::vector<SegmentCode>& segments) const {
  // Compiled before any segment expects its inputs as they arrive from another machine.
  std::vector<Program> programs;
  for (const SegmentCode& segment : segments) {
    programs.emplace_back(segment.graph, model_.graph.name);
  }
  const c10::InferenceMode inference;
  seed_random_numbers();
  std::vector<c10::IValue> passed_on = as_stack(cloned_inputs());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    try {
      passed_on = programs[i].run(std::move(passed_on));
    } catch (const std::exception&) {
      return std::nullopt;
    }
    if (i + 1 < segments.size()) restore_layouts(segments[i], segments[i + 1], passed_on);
  }
  return passed_on.at(0);
}

c10::IValue SplitState::expected_answer() const {
  const c10::InferenceMode inference;
  torch::jit::Module module = module_;
  try {
    return run_forward(module, inputs_);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::mismatch, fmt::format("does not run: {}", one_line(error)),
                "model " + model_.graph.name);
  }
}

void SplitState::require_equal_to_forward() const {
  const c10::InferenceMode inference;
  const c10::IValue expected = expected_answer();
  std::vector<c10::IValue> read;
  try {
    seed_random_numbers();
    read = Program(model_.trace.code, model_.graph.name).run(as_stack(cloned_inputs()));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::mismatch, fmt::format("does not run: {}", one_line(error)),
                "model " + model_.graph.name);
  }
  if (!bit_equal(read.at(0), expected)) throw_unequal(model_.graph.name);
}

SplitModel::SplitModel(const torch::jit::Module& module, const std::string& name,
                       std::vector<at::Tensor> inputs, const SplitOptions& options,
                       const InputHints& hints)
    : state_(std::make_unique<SplitState>(module, name, std::move(inputs), options, hints)) {}
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
