// A plan's colours in a model's picture.
#pragma once

#include <string>
#include <vector>

#include "report/layer_kind.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

/// Which system has which layers. Of no placements at all: none has any.
class PicturePlan {
 public:
  /// Throws Error(invalid_argument) when the placements do not follow each other from layer 0, or
  /// when one does not end at a cut; Error(mismatch) when they end before or after the last layer.
  PicturePlan(const ModelGraph& graph, const std::vector<Cut>& cuts,
              std::vector<Placement> placements);

  bool is_empty() const { return placements_.empty(); }

  /// The system that has the layer, an index into systems(); −1 for none, and for the caller.
  int system_of(int layer) const;

  /// In the order in which data comes to them, each once.
  const std::vector<std::string>& systems() const { return systems_; }

  /// "layers 0-6, 12-20".
  std::string layers_of(int system) const;

  /// Colours of Okabe & Ito; lighter ones from the eighth on.
  static NodeColours colours(int system);

 private:
  std::vector<Placement> placements_;
  std::vector<std::string> systems_;
  std::vector<int> system_of_placement_;
};

}  // namespace scission
