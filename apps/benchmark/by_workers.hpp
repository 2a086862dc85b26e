// scission-benchmark --workers.
#pragma once

#include "command_line.hpp"
#include "scission/backend.hpp"

namespace scission::apps {

/// Every worker that --workers names benchmarks every model, one after the other, and
/// FOLDER/PLATFORM-SYSTEM.json is written for each. Failures are reported and left out.
/// Returns the tool's exit code. Throws Error when an option is wrong.
int benchmark_by_workers(const Arguments& arguments, const std::vector<ModelSource>& sources);

}  // namespace scission::apps
