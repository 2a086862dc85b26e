// A model file that was read for given inputs, with its layers and cuts.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "onnx/read_model.hpp"
#include "onnx/segment_model.hpp"
#include "scission/backend.hpp"

namespace scission::onnx {

class SplitModel {
 public:
  /// Reads the model, but not the weights that it stores in other files, and infers the shapes of
  /// its values for these inputs, in the order of the source's; none: random ones. Where the
  /// inference finds no shape, runs the model once. O(operations), apart from that run.
  ///
  /// Throws Error(not_found | io | damaged | unsupported | mismatch) with the file as place.
  SplitModel(const ModelSource& source, const std::vector<Tensor>& inputs,
             const SplitOptions& options);

  const ModelSource& source() const { return source_; }
  const ReadModel& model() const { return model_; }
  const ModelGraph& graph() const { return model_.graph; }
  const CutList& cuts() const { return cuts_; }
  const SplitOptions& options() const { return options_; }  ///< with the order chosen
  const std::vector<Tensor>& inputs() const { return inputs_; }

  /// The types of the values for another batch; nullopt where the model has a fixed batch, or the
  /// segments hold for this one only.
  std::optional<std::vector<ValueType>> other_batch(
      const std::vector<SegmentContents>& segments) const;

 private:
  ModelSource source_;
  SplitOptions options_;
  std::vector<Tensor> inputs_;
  ReadModel model_;
  CutList cuts_;
};

/// See OpenModel::write_segments().
SegmentManifest write_segments(const SplitModel& model, const std::vector<Cut>& cuts,
                               const std::filesystem::path& folder, const WriteOptions& options);

/// "ONNX Runtime", as manifests and profiles have it.
const char* backend_name();

}  // namespace scission::onnx
