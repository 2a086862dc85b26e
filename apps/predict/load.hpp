// From the files on the command line to a problem.
#pragma once

#include <cxxopts.hpp>

#include "scission/plan/problem.hpp"

namespace scission::predict {

/// Reads profiles, network and systems' figures, and builds the problem of the model.
/// Throws as the readers and make_problem() do.
PartitionProblem load_problem(const cxxopts::ParseResult& arguments);

}  // namespace scission::predict
