// Helpers for LibTorch: its exceptions as one line, execution without optimisations, modules to
// files.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <exception>
#include <filesystem>
#include <string>

#include "scission/base.hpp"

namespace scission::torchscript {

/// The cause of the error in one line. LibTorch's messages contain C++ backtraces and the
/// TorchScript source around the failing operation, with the cause at the end.
SCISSION_EXPORT std::string one_line(const std::exception& error);

/// Throws std::bad_alloc if the error is of memory that could not be allocated.
void rethrow_out_of_memory(const std::exception& error);

/// Writes the casts of `with torch.autocast(…)` into forward(): LibTorch adds them only where it
/// optimises the code. Throws Error(unsupported) where they depend on more than constants.
void apply_autocast(const torch::jit::Module& module, const std::string& place);

/// During its lifetime, forward() runs operation by operation, without fusion, so that results are
/// bit-equal on the first and on later runs, and for segments and the whole model.
class SCISSION_EXPORT PlainExecution {
 public:
  PlainExecution() : was_optimizing_(torch::jit::getGraphExecutorOptimize()) {
    torch::jit::setGraphExecutorOptimize(false);
  }
  ~PlainExecution() { torch::jit::setGraphExecutorOptimize(was_optimizing_); }
  PlainExecution(const PlainExecution&) = delete;
  PlainExecution& operator=(const PlainExecution&) = delete;

 private:
  bool was_optimizing_;
};

/// The extra file in which a model's inputs are recorded.
inline constexpr const char* inputs_record_name = "scission.json";

/// The extra file that recorded_inputs_text() reads back.
torch::jit::ExtraFilesMap inputs_record(const std::string& inputs);

/// Writes a file that torch.jit.load() reads. The file replaces `path` in one step, so that `path`
/// never holds part of a module. `extra_files`, name to content, are stored in the same archive;
/// torch.jit.load(…, _extra_files=…) returns them.
/// Throws Error(io) with `path` as place.
void save_module(const torch::jit::Module& module, const std::filesystem::path& path,
                 const torch::jit::ExtraFilesMap& extra_files = {});

}  // namespace scission::torchscript
