// One run of scission-benchmark on this machine.
#pragma once

#include <vector>

#include "request.hpp"
#include "scission/benchmark/benchmark.hpp"

namespace scission::apps {

/// Measures the missing passes under the request's stress, and writes and prints the results.
/// `host` is written to the profile. A model that fails is reported and does not end the run.
/// Returns the exit code: 0; 1 when a model failed, or the code of the failure that all models
/// share; 128 plus the signal's number after SIGINT or SIGTERM. Throws as ProfileFiles::open() does
/// before anything is measured, and Error(io) when a file cannot be written.
int run_session(const Request& request, const std::vector<BenchmarkModel>& models,
                const HostContext& host);

}  // namespace scission::apps
