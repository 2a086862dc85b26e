// Segments from their files, run one after the other and compared with the whole model.
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/checksum.hpp"
#include "base/seconds.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/split/split.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

using Stack = std::vector<c10::IValue>;

/// One run of the model: what it returns, and what the segments have computed so far.
struct Run {
  std::int64_t batch = 1;
  std::uint64_t seed = 0;
  double scale = 1;  ///< of standard normal inputs: other branches may be taken
  BatchComparison verdict;
  c10::IValue expected;
  Stack passed_on;
  at::Tensor random_state;  ///< of LibTorch's generator, where the chain continues
  bool runs() const { return verdict.model_runs && verdict.message.empty(); }
};

at::Generator random_numbers() { return at::detail::getDefaultCPUGenerator(); }

bool is_standard_normal(const InputSpec& input) {
  return !input.tensor && !input.fill && !input.is_uniform && !input.is_sorted &&
         (input.dtype == "float32" || input.dtype == "float64");
}

Stack inputs_for(const Run& run, const VerifyOptions& options) {
  InputOptions inputs = options.inputs;
  inputs.seed = run.seed;
  inputs.tensors = scale_batch(std::move(inputs.tensors), run.batch);
  std::vector<at::Tensor> tensors = random_inputs(inputs);
  std::erase_if(inputs.tensors, [](const InputSpec& input) { return input.is_number(); });
  for (std::size_t i = 0; run.scale != 1 && i < tensors.size(); ++i) {
    if (is_standard_normal(inputs.tensors.at(i))) tensors[i] = tensors[i] * run.scale;
  }
  return {tensors.begin(), tensors.end()};
}

// Copies, because a model may write into its inputs.
std::vector<at::Tensor> copies(const Stack& stack) {
  std::vector<at::Tensor> all;
  for (const c10::IValue& value : stack) all.push_back(value.toTensor().clone());
  return all;
}

// The tensor as it arrives at another machine: contiguous, with nothing but its elements.
at::Tensor through_bytes(const at::Tensor& tensor) {
  try {
    return from_bytes(to_bytes(tensor, "")).clone();
  } catch (const Error&) {  // a type that segments pass on in files only, such as complex64
    return tensor.clone(at::MemoryFormat::Contiguous);
  }
}

void run_whole(torch::jit::Module& module, const VerifyOptions& options, Run& run) {
  run.verdict.factor = run.batch;
  run.verdict.batch = run.batch * batch_size(options.inputs.tensors);
  run.passed_on = inputs_for(run, options);
  random_numbers().set_current_seed(1);
  run.random_state = random_numbers().get_state();
  try {
    run.expected = call_forward(module, copies(run.passed_on));
  } catch (const std::exception& error) {
    run.verdict.model_runs = false;
    run.verdict.message = one_line(error);
  }
}

constexpr int inputs_for_exits = 10;  // with early exits, so that more of their sides are taken

bool has_exits(const SegmentManifest& manifest) {
  return std::any_of(manifest.segments.begin(), manifest.segments.end(),
                     [](const Segment& segment) { return !segment.exits.empty(); });
}

// Two inputs twice each, in both orders, which reveals state; one input for each other batch.
std::vector<Run> planned_runs(const SegmentManifest& manifest, const VerifyOptions& options) {
  std::vector<Run> runs;
  const auto add = [&](std::int64_t batch, std::uint64_t seed) {
    runs.emplace_back();
    runs.back().batch = batch;
    runs.back().seed = seed;
  };
  const std::uint64_t seed = options.inputs.seed;
  for (const std::uint64_t each : {seed, seed + 1, seed + 1, seed}) add(1, each);
  for (int i = 2; has_exits(manifest) && i < inputs_for_exits; ++i) add(1, seed + i);
  for (const std::int64_t batch : options.batches) {
    if (batch != 1 && manifest.any_batch) add(batch, seed);
  }
  return runs;
}

void require_same_answers(std::vector<Run>& runs) {
  for (const auto& [first, second] : {std::pair{0, 3}, std::pair{1, 2}}) {
    if (!runs[first].runs() || !runs[second].runs()) continue;
    if (bit_equal(runs[first].expected, runs[second].expected)) continue;
    runs[0].verdict.message =
        "the model keeps state: it gives another answer to the same input the second time";
  }
}

bool has_branches(const torch::jit::Block& block) {
  return std::any_of(block.nodes().begin(), block.nodes().end(),
                     [](const torch::jit::Node* node) { return !node->blocks().empty(); });
}

bool has_branches(const torch::jit::Module& module) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  return has_branches(*graph->block());
}

// Inputs of other sizes and signs, which take other sides of branches than the given ones may.
// Those that the model refuses do not count.
void add_scaled_runs(torch::jit::Module& module, const VerifyOptions& options,
                     std::vector<Run>& runs) {
  std::vector<Run> scaled;
  for (const double scale : {-1.0, 0.1, -0.1, 10.0, -10.0, 0.0}) {
    Run run;
    run.seed = options.inputs.seed;
    run.scale = scale;
    run_whole(module, options, run);
    if (run.runs()) scaled.push_back(std::move(run));
  }
  const auto other_batch =
      std::find_if(runs.begin(), runs.end(), [](const Run& run) { return run.batch != 1; });
  runs.insert(other_batch, std::make_move_iterator(scaled.begin()),
              std::make_move_iterator(scaled.end()));
}

std::vector<Run> run_model(const std::function<torch::jit::Module()>& load,
                           const SegmentManifest& manifest, const VerifyOptions& options) {
  constexpr double long_run_s = 1;
  torch::jit::Module module = load();
  module.eval();
  std::vector<Run> runs = planned_runs(manifest, options);
  double first_s = 0;
  for (Run& run : runs) {
    const double start_s = steady_now_s();
    run_whole(module, options, run);
    if (&run == &runs.front()) first_s = steady_now_s() - start_s;
  }
  require_same_answers(runs);
  if (first_s < long_run_s && has_branches(module)) add_scaled_runs(module, options, runs);
  return runs;
}

// Notes which side the run takes of the exits that are in this segment.
void count_exits(const Segment& segment, Run& run) {
  for (const SegmentExit& exit : segment.exits) {
    const auto output =
        std::find_if(segment.outputs.begin(), segment.outputs.end(),
                     [&](const TensorSpec& spec) { return spec.name == exit.taken; });
    const std::string layer = exit.taken.substr(0, exit.taken.rfind(':'));
    const bool is_here =
        std::find(segment.layers.begin(), segment.layers.end(), layer) != segment.layers.end();
    if (!is_here || output == segment.outputs.end()) continue;
    const at::Tensor& taken =
        run.passed_on.at(static_cast<std::size_t>(output - segment.outputs.begin())).toTensor();
    if (taken.numel() == 0) continue;  // an earlier exit was taken
    const bool ends = taken.item<bool>();
    run.verdict.exits.push_back({layer, ends ? 1 : 0, ends ? 0 : 1});
  }
}

void run_segment(torch::jit::Module& module, const Segment& segment, bool last, Run& run) {
  if (!run.runs()) return;
  random_numbers().set_state(run.random_state);
  try {
    c10::IValue result = module.forward(std::move(run.passed_on));
    const bool several = !last && segment.outputs.size() != 1;
    run.passed_on =
        several ? Stack(result.toTuple()->elements().begin(), result.toTuple()->elements().end())
                : Stack{std::move(result)};
    if (last) return;
    for (c10::IValue& value : run.passed_on) value = through_bytes(value.toTensor());
    count_exits(segment, run);
  } catch (const std::exception& error) {
    run.verdict.message = fmt::format("{}: {}", segment.file, one_line(error));
  }
  run.random_state = random_numbers().get_state();
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
    const bool is_complex = left[i].is_complex() || right[i].is_complex();
    const at::ScalarType wide = is_complex ? at::kComplexDouble : at::kDouble;
    const at::Tensor difference = (left[i].to(wide) - right[i].to(wide)).abs();
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

void add_exits(const std::vector<ExitRuns>& runs, std::vector<ExitRuns>& sums) {
  for (const ExitRuns& run : runs) {
    auto sum = std::find_if(sums.begin(), sums.end(),
                            [&](const ExitRuns& each) { return each.exit == run.exit; });
    if (sum == sums.end()) sum = sums.insert(sums.end(), {run.exit, 0, 0});
    sum->taken += run.taken;
    sum->not_taken += run.not_taken;
  }
}

// One verdict for each batch: that of its first run that is not equal.
std::vector<BatchComparison> verdicts_of(std::vector<Run>& runs) {
  std::vector<BatchComparison> verdicts;
  for (Run& run : runs) {
    compare(run);
    if (verdicts.empty() || verdicts.back().factor != run.batch) {
      verdicts.push_back(run.verdict);
      continue;
    }
    std::vector<ExitRuns> exits = std::move(verdicts.back().exits);
    add_exits(run.verdict.exits, exits);
    if (verdicts.back().bit_equal) verdicts.back() = run.verdict;
    verdicts.back().exits = std::move(exits);
  }
  return verdicts;
}

void require_same_file(const std::filesystem::path& path, const Segment& segment) {
  if (sha256_of_file(path) == segment.sha256) return;
  throw Error(ErrorCode::damaged, "is not the file that the manifest lists: the checksum differs",
              path.string());
}

}  // namespace

std::vector<BatchComparison> verify_segments(const std::filesystem::path& folder,
                                             const std::function<torch::jit::Module()>& load,
                                             const VerifyOptions& options) {
  const SegmentManifest manifest = read_manifest(folder);
  const PlainExecution plain;
  const c10::InferenceMode inference;
  std::vector<Run> runs = run_model(load, manifest, options);
  const int total = static_cast<int>(manifest.segments.size());
  for (int i = 0; i < total; ++i) {
    if (options.on_progress) options.on_progress(i, total);
    const Segment& segment = manifest.segments[i];
    require_same_file(folder / segment.file, segment);
    torch::jit::Module module = load_module(folder / segment.file);
    for (Run& run : runs) run_segment(module, segment, i + 1 == total, run);
  }
  return verdicts_of(runs);
}

}  // namespace scission::torchscript
