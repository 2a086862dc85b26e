// What a model's layers and blocks cost, added up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// Of one layer, or of consecutive ones together.
struct SCISSION_EXPORT LayerStatistics {
  std::int64_t parameters = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;
  std::int64_t macs = 0;
  std::int64_t activation_bytes = 0;  ///< of everything the layers hand on, views not counted
  /// The most bytes alive at one moment while the layers run, weights apart: values that are still
  /// needed, here or later, and the running layer's working memory.
  std::int64_t peak_activation_bytes = 0;
};

/// One entry a layer. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> layer_statistics(const ModelGraph& graph);

/// One entry a block. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> block_statistics(const ModelGraph& graph,
                                                              const std::vector<Block>& blocks);

/// The whole model's.
SCISSION_EXPORT LayerStatistics model_statistics(const ModelGraph& graph);

/// The types of the block's layers, separated by spaces, as the published tables list them.
SCISSION_EXPORT std::string layer_types(const ModelGraph& graph, const Block& block);

}  // namespace scission
