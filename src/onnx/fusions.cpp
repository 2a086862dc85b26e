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

// Names of the values that the optimised model's operations make.
std::unordered_set<std::string> values_after_fusion(const std::filesystem::path& file) {
  const WorkFolder folder(std::filesystem::temp_directory_path());
  const std::filesystem::path optimised = folder.path() / "optimised.onnx";
  write_fused_model(file, optimised);
  ::onnx::ModelProto model;
  std::ifstream stream(optimised, std::ios::binary);
  if (!model.ParseFromIstream(&stream)) return {};
  std::unordered_set<std::string> names;
  for (const auto& node : model.graph().node()) {
    names.insert(node.output().begin(), node.output().end());
  }
  return names;
}

}  // namespace

void reject_cuts_inside_fusions(const ReadModel& model, CutList& cuts) {
  if (!has_runtime() || !is_quick_to_load(model.file)) return;
  std::unordered_set<std::string> computed;
  try {
    computed = values_after_fusion(model.file.path);
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
