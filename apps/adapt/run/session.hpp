// One run of scission-adapt run.
#pragma once

#include <cxxopts.hpp>

#include "adapt/run/request.hpp"

namespace scission::adaptive_run {

/// Measures or reads, deploys, sends, prints; returns the tool's exit code. `arguments` say which
/// model. Throws Error when the model, the profiles or a worker are not what they must be.
int run_adaptively(const RunRequest& request, const cxxopts::ParseResult& arguments);

}  // namespace scission::adaptive_run
