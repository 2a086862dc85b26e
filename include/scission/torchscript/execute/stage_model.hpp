// Segments as StageModels. No LibTorch type is seen here.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// Loads a segment that write_segments() wrote; it runs operation by operation, as its code says,
/// so that its results are the whole model's bit for bit. Input and output bytes are shared with
/// LibTorch's tensors, not copied, unless a model hands on something that is not contiguous.
/// Throws as load_module() does.
SCISSION_EXPORT std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file,
                                                       const Segment& segment);

/// random_inputs() as tensors of bytes, for programs that see no LibTorch.
SCISSION_EXPORT std::vector<Tensor> random_tensors(const InputOptions& inputs);

}  // namespace scission::torchscript
