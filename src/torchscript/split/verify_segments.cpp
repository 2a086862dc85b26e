#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/checksum.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/common/plain_execution.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

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
