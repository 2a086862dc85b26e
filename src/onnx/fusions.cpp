#include "onnx/fusions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_set>

#include "base/run_program.hpp"
#include "onnx/session.hpp"
#include "scission/base.hpp"

namespace scission::onnx {
namespace {

// Loading more takes long, and memory that cutting does without.
constexpr std::int64_t most_bytes = std::int64_t{1} << 30;

bool is_quick_to_load(const ModelFile& file) {
  auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file.path));
  for (const auto& weight : file.proto.graph().initializer()) {
    if (is_external(weight)) bytes += weight_bytes(weight);
  }
  return bytes <= most_bytes;
}

using NameSet = std::unordered_set<std::string>;

::onnx::ModelProto fused_model(const std::filesystem::path& file, FusedModel kind) {
  const WorkFolder folder(std::filesystem::temp_directory_path());
  const std::filesystem::path optimised = folder.path() / "optimised.onnx";
  write_fused_model(file, optimised, kind);
  ::onnx::ModelProto model;
  std::ifstream stream(optimised, std::ios::binary);
  if (!model.ParseFromIstream(&stream)) model.Clear();
  return model;
}

// Names of the nodes and of what they make.
NameSet names_in(const ::onnx::ModelProto& model) {
  NameSet names;
  for (const auto& node : model.graph().node()) {
    names.insert(node.name());
    names.insert(node.output().begin(), node.output().end());
  }
  return names;
}

// Whether the rearrangement of layouts can add the operation to the convolution before it.
bool may_join_convolution(const ::onnx::NodeProto& node) {
  static const NameSet types = {"Add", "Sum", "Relu", "Sigmoid", "Tanh", "Clip", "HardSigmoid"};
  return types.contains(node.op_type());
}

// Names of the values that ONNX Runtime computes: those of the model with fused operations, without
// those that are read only by nodes which the rearrangement of layouts has added to convolutions.
NameSet computed_values(const std::filesystem::path& file) {
  const ::onnx::ModelProto fused = fused_model(file, FusedModel::with_values);
  const NameSet arranged = names_in(fused_model(file, FusedModel::with_layouts));
  NameSet computed;
  NameSet read_by_others;
  NameSet read_by_added;
  for (const auto& output : fused.graph().output()) read_by_others.insert(output.name());
  for (const auto& node : fused.graph().node()) {
    computed.insert(node.output().begin(), node.output().end());
    const bool is_added =
        may_join_convolution(node) && (node.name().empty() || !arranged.contains(node.name())) &&
        !arranged.contains(node.output(0)) && !arranged.contains(node.output(0) + "_nchwc");
    (is_added ? read_by_added : read_by_others).insert(node.input().begin(), node.input().end());
  }
  for (const std::string& value : read_by_added) {
    if (!read_by_others.contains(value)) computed.erase(value);
  }
  return computed;
}

}  // namespace

void reject_cuts_inside_fusions(const ReadModel& model, CutList& cuts) {
  if (!has_runtime() || !is_quick_to_load(model.file)) return;
  NameSet computed;
  try {
    computed = computed_values(model.file.path);
  } catch (const Error&) {
    return;  // the runtime that executes the model reports the fault
  }
  if (computed.empty()) return;
  const int last_layer = static_cast<int>(model.graph.layers.size()) - 1;
  std::vector<Cut> kept;
  for (Cut& cut : cuts.cuts) {
    const auto fused = std::find_if(cut.crossing.begin(), cut.crossing.end(), [&](int value) {
      const GraphValue& crossing = model.nodes.values[model.values[value]];
      return !crossing.is_input && !computed.contains(crossing.name);
    });
    if (fused == cut.crossing.end() || cut.layer == last_layer) {
      kept.push_back(std::move(cut));
      continue;
    }
    cuts.rejected.push_back(
        {cut.layer, fmt::format("inside of what ONNX Runtime computes as one operation: it never "
                                "has '{}'; --inside-fusions cuts here all the same",
                                model.graph.values[*fused].name)});
  }
  cuts.cuts = std::move(kept);
  std::sort(cuts.rejected.begin(), cuts.rejected.end(),
            [](const Rejection& a, const Rejection& b) { return a.layer < b.layer; });
}

}  // namespace scission::onnx
