// A model's cuts, layers and blocks, and written segments, as tables and as JSON.
// docs/segments-format.md describes the fields of the JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/model/segments.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::split {

/// "relu1 1×8×32×32 float32", several separated by ", "; "nothing" for no tensors.
std::string tensors_text(const std::vector<TensorSpec>& tensors);

/// Every cut, the tensors that cross it and their bytes.
std::string cuts_table(const ModelGraph& graph, const CutList& cuts);

/// Every place without a cut, and the reason.
std::string rejected_table(const ModelGraph& graph, const CutList& cuts);

/// Every layer and its cost, the totals, and the operations without a cost rule.
std::string layers_table(const ModelGraph& graph);

/// The same for the blocks between the cuts.
std::string blocks_table(const ModelGraph& graph, const CutList& cuts);

/// The written segments, and how they compare with the model; no verdicts without --verify.
std::string written_json(const std::filesystem::path& folder, const SegmentManifest& manifest,
                         const std::vector<torchscript::BatchVerdict>& verdicts);

}  // namespace scission::split
