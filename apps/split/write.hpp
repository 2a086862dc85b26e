// Writes, verifies and reports segments.
#pragma once

#include "open_model.hpp"
#include "request.hpp"

namespace scission::split {

/// Cuts the model, writes the files, verifies them where that is asked for, and prints what came
/// of it. Throws Error(mismatch) when the files do not give what the model gives.
void write_and_tell(const apps::ModelSource& source, const torchscript::SplitOptions& options,
                    const Request& request);

}  // namespace scission::split
