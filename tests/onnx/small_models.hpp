// Small ONNX models, made by the tests.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onnx/split_model.hpp"
#include "scission/backend.hpp"
#include "scission/model.hpp"
#include "support/catch.hpp"

#ifdef SCISSION_HAS_ONNX_RUNTIME
#define NEEDS_ONNX_RUNTIME() static_cast<void>(0)
#else
#define NEEDS_ONNX_RUNTIME() \
  SKIP_TEST("ONNX Runtime, a run of which tells the shapes, is not built in")
#endif

namespace scission::testing {

using Extents = std::vector<std::int64_t>;

/// Builds a model node by node. In shapes, −1 is a dimension named "N".
class OnnxBuilder {
 public:
  explicit OnnxBuilder(int opset = 13, int ir_version = 7);

  OnnxBuilder& input(const std::string& name, const Extents& shape, int type = 1);
  OnnxBuilder& output(const std::string& name, const Extents& shape, int type = 1);
  /// Seeded random numbers, stored as raw data.
  ::onnx::TensorProto& weight(const std::string& name, const Extents& shape);
  OnnxBuilder& numbers(const std::string& name, const std::vector<std::int64_t>& values);
  ::onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& name = "");

  ::onnx::ModelProto& proto() { return model_; }
  ::onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// Writes FOLDER/NAME.onnx and returns the file.
  std::filesystem::path write(const std::filesystem::path& folder,
                              const std::string& name = "model") const;

 private:
  ::onnx::ModelProto model_;
};

void set_integer(::onnx::NodeProto& node, const std::string& name, std::int64_t value);
void set_integers(::onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values);
void set_graph(::onnx::NodeProto& node, const std::string& name, const ::onnx::GraphProto& graph);

/// x ── conv ── relu ──┬── conv ── add ── pooled ── dense: the names are as PyTorch exports them.
OnnxBuilder residual_model();

/// x ── LSTM ── loop that adds the LSTM's output three times ── GRU ── y, all 2 × 6.
OnnxBuilder recurrent_model();

/// `length` Relu nodes in a row.
OnnxBuilder chain_model(int length);

/// Moves the weight's bytes to a file beside the model.
void make_external(::onnx::TensorProto& weight, const std::filesystem::path& folder,
                   const std::string& file);

/// The model with inputs as --input-shape has them; without, those that the file has.
ModelSource source_of(const std::filesystem::path& file, const std::string& inputs = "");

/// The model with each node as a layer, and with cuts inside of fused operations.
onnx::SplitModel split_of(const ModelSource& source, CutKind cuts = CutKind::single,
                          Granularity granularity = Granularity::operation);

/// Splits at all cuts of this kind and writes the segments, checks each with libonnx, and where
/// there is a runtime that their chain gives the whole model's results: bit for bit without graph
/// optimisations, and where the model is small within a tolerance with them.
SegmentManifest check_split(const ModelSource& source, const std::filesystem::path& folder,
                            CutKind cuts = CutKind::frontier, bool is_small = true);

}  // namespace scission::testing
