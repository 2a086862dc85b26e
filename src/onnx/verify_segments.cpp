// Comparing the chain of segments with the whole model.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "base/checksum.hpp"
#include "base/numbers.hpp"
#include "onnx/execute.hpp"
#include "onnx/inputs.hpp"
#include "onnx/session.hpp"
#include "scission/base.hpp"

namespace scission::onnx {
namespace {

/// One input of the model, and what comes of it.
struct VerifyRun {
  std::int64_t batch = 1;
  std::vector<Tensor> inputs;
  std::vector<Tensor> expected;
  std::vector<Tensor> passed_on;
  std::string message;
  bool model_runs = true;
};

template <typename T>
double largest_difference_of(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.bytes.size; i += sizeof(T)) {
    T x, y;
    std::memcpy(&x, a.bytes.data + i, sizeof x);
    std::memcpy(&y, b.bytes.data + i, sizeof y);
    const double difference = std::abs(static_cast<double>(x) - static_cast<double>(y));
    largest = std::max(largest, std::isnan(difference) ? infinity : difference);
  }
  return largest;
}

// Infinite where structures differ, and for types that are not compared by number.
double largest_difference_of(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return infinity;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].dtype != b[i].dtype || a[i].shape != b[i].shape) return infinity;
    if (a[i].bytes.view() == b[i].bytes.view()) continue;
    double difference = infinity;
    if (a[i].dtype == "float32") difference = largest_difference_of<float>(a[i], b[i]);
    if (a[i].dtype == "float64") difference = largest_difference_of<double>(a[i], b[i]);
    if (a[i].dtype == "int64") difference = largest_difference_of<std::int64_t>(a[i], b[i]);
    if (a[i].dtype == "int8") difference = largest_difference_of<std::int8_t>(a[i], b[i]);
    if (a[i].dtype == "uint8") difference = largest_difference_of<std::uint8_t>(a[i], b[i]);
    largest = std::max(largest, difference);
  }
  return largest;
}

// Two inputs of the model's batch, and one of each other batch that the segments accept.
std::vector<VerifyRun> planned_runs(const ModelFile& model, const SegmentManifest& manifest,
                                    const VerifyOptions& options) {
  std::vector<VerifyRun> runs;
  const auto add = [&](std::int64_t batch, std::uint64_t seed) {
    InputOptions inputs = options.inputs;
    if (batch != 1) inputs.tensors = scale_batch(inputs.tensors, batch);
    inputs.seed = seed;
    VerifyRun& run = runs.emplace_back();
    run.batch = batch;
    run.inputs = named_inputs(model, random_tensors(inputs));
  };
  add(1, options.inputs.seed);
  add(1, options.inputs.seed + 1);
  for (const std::int64_t batch : options.batches) {
    if (batch != 1 && manifest.any_batch) add(batch, options.inputs.seed);
  }
  return runs;
}

void run_whole(const std::filesystem::path& file, const SessionOptions& options,
               std::vector<VerifyRun>& runs) {
  Session session(file, options);
  for (VerifyRun& run : runs) {
    session.order_inputs(run.inputs);
    run.passed_on = run.inputs;
    try {
      run.expected = session.run(run.inputs);
    } catch (const Error& error) {
      run.model_runs = false;
      run.message = error.message();
    }
  }
}

void run_segment(const std::filesystem::path& file, const SessionOptions& options,
                 std::vector<VerifyRun>& runs) {
  Session session(file, options);
  for (VerifyRun& run : runs) {
    if (!run.message.empty()) continue;
    try {
      run.passed_on = session.run(run.passed_on);
    } catch (const Error& error) {
      run.message = fmt::format("{}: {}", file.filename().string(), error.message());
    }
  }
}

BatchComparison verdict_of(const VerifyRun& plain, const VerifyRun& optimized) {
  BatchComparison verdict;
  verdict.factor = plain.batch;
  verdict.model_runs = plain.model_runs && optimized.model_runs;
  verdict.message = plain.message.empty() ? optimized.message : plain.message;
  if (!verdict.message.empty()) return verdict;
  verdict.bit_equal = are_bit_equal(plain.passed_on, plain.expected);
  if (!verdict.bit_equal) {
    verdict.largest_difference = largest_difference_of(plain.passed_on, plain.expected);
    return verdict;
  }
  const double difference = relative_difference(optimized.passed_on, optimized.expected);
  if (difference > optimized_tolerance) {
    verdict.message = fmt::format(
        "with graph optimisations the results differ by {:.2g} of the largest number, more than "
        "{}: compare the accuracy",
        difference, optimized_tolerance);
  } else if (difference > 0) {
    verdict.message =
        fmt::format("with graph optimisations within {:.2g} of the largest number", difference);
  } else {
    verdict.message = "with graph optimisations as well";
  }
  return verdict;
}

}  // namespace

std::vector<BatchComparison> verify_files(const std::filesystem::path& folder,
                                          const ModelSource& source, const VerifyOptions& options) {
  const SegmentManifest manifest = read_manifest(folder);
  ModelFile model = read_model_file(source.file);
  order_inputs(model, source.inputs);
  std::vector<VerifyRun> plain = planned_runs(model, manifest, options);
  std::vector<VerifyRun> optimized = plain;
  const int total = static_cast<int>(manifest.segments.size());
  const SessionOptions with{"cpu", true, {}}, without{"cpu", false, {}};
  run_whole(source.file, without, plain);
  run_whole(source.file, with, optimized);
  for (int i = 0; i < total; ++i) {
    if (options.on_progress) options.on_progress(i, total);
    const std::filesystem::path file = folder / manifest.segments[i].file;
    if (sha256_of_file(file) != manifest.segments[i].sha256) {
      throw Error(ErrorCode::damaged,
                  "is not the file that the manifest lists: the checksum differs", file.string());
    }
    run_segment(file, without, plain);
    run_segment(file, with, optimized);
  }
  // One verdict for each batch: that of its first input that is not equal.
  std::vector<BatchComparison> verdicts;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    BatchComparison verdict = verdict_of(plain[i], optimized[i]);
    verdict.batch = verdict.factor * batch_size(options.inputs.tensors);
    const bool is_new = verdicts.empty() || verdicts.back().factor != verdict.factor;
    if (is_new) verdicts.push_back(verdict);
    if (!is_new && verdicts.back().bit_equal) verdicts.back() = verdict;
  }
  return verdicts;
}

}  // namespace scission::onnx
