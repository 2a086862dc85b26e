// Running ONNX models: as Runnables for measurement, as StageModels for serving.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "onnx/split_model.hpp"
#include "scission/backend.hpp"

namespace scission::onnx {

/// See OpenModel::make_runnable().
std::unique_ptr<Runnable> make_runnable(const SplitModel& model, const RunOptions& run);

/// See Backend::load_stage(). The bytes of inputs and outputs are shared with ONNX Runtime, not
/// copied. Graph optimisations are on.
std::unique_ptr<StageModel> load_segment_file(const std::filesystem::path& file,
                                              const Segment& segment);

/// The outputs of the whole model in its file; the inputs have the names of the model's.
std::vector<Tensor> whole_outputs(const std::filesystem::path& file,
                                  const std::vector<Tensor>& inputs, bool is_optimized);

/// See Backend::verify_segments(). Compares without graph optimisations, bit for bit, and with
/// them, of which a verdict's message tells the difference.
std::vector<BatchComparison> verify_files(const std::filesystem::path& folder,
                                          const ModelSource& source, const VerifyOptions& options);

bool are_bit_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

/// Relative difference up to which results with graph optimisations count as equal.
inline constexpr double optimized_tolerance = 1e-3;

}  // namespace scission::onnx
