// Which of a model's cuts are taken.
#pragma once

#include <vector>

#include "request.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission::split {

/// The cuts that are asked for, ending with the last.
/// Throws Error(invalid_argument) on a layer that is not there or without a cut after it, naming
/// the nearest cuts; Error(mismatch) on a plan that does not fit the model; and as
/// read_placements() does.
std::vector<Cut> chosen_cuts(const ModelGraph& graph, const CutList& cuts, const Where& where);

}  // namespace scission::split
