// The blocks of a model as programs of their own.
#pragma once

#include <vector>

#include "scission/model_graph.hpp"
#include "torchscript/program.hpp"
#include "torchscript/read_model.hpp"

namespace scission::torchscript {

/// One program a block. The first takes the model's input, each other one what its predecessor
/// returns, and the last returns what the model returns. Weights are shared with the model.
/// O(nodes) for all of them together.
std::vector<Program> split(const ReadModel& model, const std::vector<Block>& blocks);

}  // namespace scission::torchscript
