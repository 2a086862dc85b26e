// The seam to a backend for running: a segment that turns tensors into tensors.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"

namespace scission {

/// A segment, loaded. Not thread-safe, and not bound to the thread that loaded it.
class SCISSION_EXPORT StageModel {
 public:
  virtual ~StageModel() = default;

  /// Takes the segment's inputs and returns its outputs, both in the manifest's order; names are
  /// the manifest's on return and not looked at on entry.
  /// Throws Error(mismatch) when the model does not run on such tensors.
  virtual std::vector<Tensor> run(std::vector<Tensor> inputs) = 0;
};

/// Makes a StageModel of a segment's file. May be called by several threads at once, and by others
/// than those that will run the stage. Throws Error(not_found | damaged | unsupported).
using StageLoader = std::function<std::unique_ptr<StageModel>(const std::filesystem::path& file,
                                                              const Segment& segment)>;

}  // namespace scission
