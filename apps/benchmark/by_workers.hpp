// scission-benchmark --workers: workers benchmark, and this tool writes their profiles.
#pragma once

#include "request.hpp"

namespace scission::apps {

/// Adds --workers and what says how a connection is secured.
void add_worker_options(cxxopts::Options& options);

/// Every worker that --workers names benchmarks every model, one after the other, and
/// FOLDER/PLATFORM-SYSTEM.json is written for each. Failures are reported and left out.
/// Returns the tool's exit code. Throws Error when an option or a model's name is wrong.
int benchmark_by_workers(const Arguments& arguments);

}  // namespace scission::apps
