// Running TorchScript models: as Runnables for measurement, as StageModels for serving.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::torchscript {

/// A Runnable with one block between any two neighbouring cuts of the model, on the model's inputs.
/// The whole model and the blocks share its weights.
/// Throws Error(invalid_argument | unsupported) on an invalid or unavailable device.
SCISSION_EXPORT std::unique_ptr<Runnable> make_runnable(const SplitModel& model,
                                                        const RunOptions& run = {});

/// The same for SplitModel(module, name, inputs, options). Throws as its constructor does.
SCISSION_EXPORT std::unique_ptr<Runnable> make_runnable(const torch::jit::Module& module,
                                                        const std::string& name,
                                                        std::vector<at::Tensor> inputs,
                                                        const SplitOptions& options = {},
                                                        const RunOptions& run = {});

/// Loads a TorchScript file and splits it at its single-tensor cuts for seeded random inputs.
/// Throws as load_module(), random_inputs() and make_runnable() do.
SCISSION_EXPORT std::unique_ptr<Runnable> load_runnable(const std::filesystem::path& path,
                                                        const InputOptions& input);

/// Loads a segment that write_segments() wrote. It runs operation by operation, without fusion, so
/// its results equal the whole model's bit for bit. The bytes of inputs and outputs are shared with
/// LibTorch's tensors, not copied, except for tensors that are not contiguous and for inputs that
/// the segment changes in place. Throws as load_module() does.
SCISSION_EXPORT std::unique_ptr<StageModel> load_stage(const std::filesystem::path& file,
                                                       const Segment& segment);

/// The same tensors without LibTorch, without names. Contiguous tensors on the CPU share their
/// memory with the result, others are copied.
SCISSION_EXPORT std::vector<Tensor> to_tensors(const std::vector<at::Tensor>& tensors);

/// All tensors that the whole model returns for these inputs, in order. It runs in eval mode and
/// operation by operation, as a chain of segments does; the inputs are copied, because a model may
/// change them in place. Throws Error(mismatch) with the model `name` as place when it does not
/// run.
SCISSION_EXPORT std::vector<Tensor> whole_outputs(const torch::jit::Module& module,
                                                  const std::string& name,
                                                  const std::vector<at::Tensor>& inputs);

/// Throws Error(invalid_argument) unless `device` is cpu or cuda:N, and Error(unsupported) when it
/// is not available.
SCISSION_EXPORT void validate_device(const std::string& device);

/// A one-sentence warning, with its remedy, when the threads of one operation are known to disturb
/// each other in this process; empty otherwise. The known case: an OpenBLAS with its own thread
/// pool beside LibTorch's OpenMP, with more than one thread.
SCISSION_EXPORT std::string threading_warning(int threads);

/// Number of threads that one operation uses, in this process.
SCISSION_EXPORT int threads();

/// Sets that number. Throws Error(invalid_argument) below 1.
SCISSION_EXPORT void set_threads(int count);

}  // namespace scission::torchscript
