// Operations on lists, tuples and dicts, carried out while a model is walked through.
#pragma once

#include <torch/script.h>

#include <optional>
#include <vector>

#include "torchscript/trace/items.hpp"

namespace scission::torchscript {

/// What the node puts out, when it does nothing but pack, unpack, read or change containers whose
/// contents are known; nullopt otherwise. Lists are changed where they are, for all who share them.
std::optional<std::vector<Item>> run_container_op(const torch::jit::Node& node,
                                                  std::vector<Item>& inputs);

}  // namespace scission::torchscript
