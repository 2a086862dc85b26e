// One run of scission-run.
#pragma once

#include <cxxopts.hpp>

#include "request.hpp"

namespace scission::run {

/// Deploys, sends, prints; returns the tool's exit code. `arguments` say which model.
/// Throws Error when a plan, the model or a worker is not what it must be.
int run_plans(Request request, const cxxopts::ParseResult& arguments);

}  // namespace scission::run
