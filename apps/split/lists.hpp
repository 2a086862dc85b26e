// What a model consists of and where it can be cut, as tables for people.
#pragma once

#include <string>

#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission::split {

/// Every cut, what crosses it and how much that is.
std::string cuts_table(const ModelGraph& graph, const CutList& cuts);

/// Every place that is no cut, and why.
std::string rejected_table(const ModelGraph& graph, const CutList& cuts);

/// Every layer and what it costs, all of them together, and the operations without a rule.
std::string layers_table(const ModelGraph& graph);

/// The same of the blocks between the cuts.
std::string blocks_table(const ModelGraph& graph, const CutList& cuts);

}  // namespace scission::split
