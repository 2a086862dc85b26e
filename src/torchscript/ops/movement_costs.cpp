// What only makes, copies, joins, pads or picks elements.
#include <unordered_set>

#include "torchscript/ops/cost_rules.hpp"

namespace scission::torchscript {
namespace {

// Views are known by their schema (op_costs.cpp); here are the operations that copy, and those
// that put out lists.
const std::unordered_set<std::string_view> movements = {
    // making
    "zeros", "ones", "full", "empty", "arange", "linspace", "eye", "tensor", "scalar_tensor",
    "zeros_like", "ones_like", "full_like", "empty_like", "empty_strided", "new_zeros", "new_ones",
    "new_full", "new_empty", "as_tensor", "rand", "randn", "rand_like", "randn_like", "range",
    "from_file", "fill", "zero", "one_hot", "triu_indices", "tril_indices",
    // copying
    "clone", "contiguous", "copy", "to", "_to_copy", "type_as", "detach", "alias", "cpu", "float",
    "double", "half", "int", "long", "bool", "expand", "repeat", "repeat_interleave", "tile",
    "reshape", "flatten", "view", "resize", "dropout", "feature_dropout", "alpha_dropout",
    "feature_alpha_dropout", "native_dropout", "broadcast_to", "broadcast_tensors", "result_type",
    "real", "imag", "view_as_real", "view_as_complex", "complex", "_shape_as_tensor",
    // joining
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack",
    "meshgrid", "cartesian_prod", "block_diag",
    // parting
    "chunk", "split", "split_with_sizes", "unsafe_chunk", "unsafe_split", "tensor_split", "unbind",
    "hsplit", "vsplit", "dsplit", "unsafe_split_with_sizes",
    // padding and rearranging
    "pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "_pad_circular", "flip",
    "fliplr", "flipud", "roll", "rot90", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    "native_channel_shuffle", "im2col", "unfold", "unfold_copy", "tril", "triu", "diag",
    "diag_embed", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d",
    // picking
    "embedding", "gather", "index", "index_select", "take", "take_along_dim", "masked_select",
    "masked_fill", "index_put", "_index_put_impl", "index_fill", "index_copy", "scatter",
    "masked_scatter", "nonzero", "nonzero_numpy", "slice_scatter", "select_scatter"};

std::optional<OpCost> nothing(const OpCall&) { return OpCost{}; }

}  // namespace

CostRule movement_rule(std::string_view name) {
  return movements.contains(name) ? nothing : nullptr;
}

}  // namespace scission::torchscript
