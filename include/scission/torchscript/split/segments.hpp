// Segments of a model as TorchScript files, and the proof that they give what the model gives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::torchscript {

/// What write_segments() writes beside the segments.
struct SCISSION_EXPORT WriteOptions {
  bool triton = false;                ///< a Triton model repository instead of plain files
  std::filesystem::path source = {};  ///< the model's file, whose name and checksum are noted
  std::function<void(int done, int total)> on_progress = {};
};

/// Writes the segments between the cuts, each with only the weights that it needs, and
/// manifest.json: FOLDER/segment-00.pt, …, or for Triton FOLDER/MODEL-00/1/model.pt and
/// FOLDER/MODEL-00/config.pbtxt. Each file is written beside itself and renamed, the manifest last.
/// Throws Error(io), and Error(unsupported) where Triton cannot take what a segment passes.
SCISSION_EXPORT SegmentManifest write_segments(const SplitModel& model,
                                               const std::vector<Cut>& cuts,
                                               const std::filesystem::path& folder,
                                               const WriteOptions& options = {});

/// How the chain of the files compares with the whole model for one batch.
struct SCISSION_EXPORT BatchVerdict {
  std::int64_t batch = 0;  ///< by which the inputs' first dimension was multiplied
  bool model_runs = true;  ///< false: the model itself refuses that batch, nothing was compared
  bool bit_equal = false;
  double largest_difference = 0;  ///< between elements; 0 where bit-equal
  std::string message;            ///< what the model or a segment said when it did not run
};

/// What whole model and chain are to be run on.
struct SCISSION_EXPORT VerifyOptions {
  InputOptions inputs;
  std::vector<std::int64_t> batches = {1, 4};
  std::function<void(int done, int total)> on_progress = {};
};

/// Runs the model that `load` gives, lets go of it, then runs the segments' files one after the
/// other, so that weights are in memory once, and compares bit for bit.
/// Throws Error(damaged) when a file is not the one in the manifest.
SCISSION_EXPORT std::vector<BatchVerdict> verify_segments(
    const std::filesystem::path& folder, const std::function<torch::jit::Module()>& load,
    const VerifyOptions& options);

}  // namespace scission::torchscript
