// The partition problem of scission-adapt run: this machine and its workers.
#pragma once

#include <cxxopts.hpp>

#include "adapt/run_request.hpp"
#include "open_model.hpp"
#include "scission/search/search.hpp"

namespace scission::apps {

struct RunProblem {
  PartitionProblem problem;  ///< this machine is the first system
  Query query;
};

/// From the profiles and the network that the request names, or measured on all machines. Of the
/// profiles, only those of this machine and of the workers are used; this machine is --name, else
/// the only profile without a worker, else the host's name.
/// Throws Error(not_found) where a system has no profile, and as reading, measuring and
/// make_problem() do.
RunProblem find_problem(const RunRequest& request, const ModelSource& source,
                        const cxxopts::ParseResult& arguments);

}  // namespace scission::apps
