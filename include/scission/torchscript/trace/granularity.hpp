// What counts as one layer of a model.
#pragma once

#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission::torchscript {

/// What counts as one layer.
enum class Granularity {
  operation,  ///< each operation
  layer,      ///< each leaf submodule, and each operation outside of one
  block,      ///< each innermost submodule that contains others and is not a mere list of them: a
              ///< residual block, an encoder layer; everything else as with `layer`
};

/// "op", "layer" or "block".
SCISSION_EXPORT std::string to_string(Granularity granularity);

/// The inverse of to_string(). Throws Error(invalid_argument) that lists the three words.
SCISSION_EXPORT Granularity parse_granularity(std::string_view text);

}  // namespace scission::torchscript
