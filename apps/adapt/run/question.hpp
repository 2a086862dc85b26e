// Which plans there are: the problem that a run starts from.
#pragma once

#include <cxxopts.hpp>

#include "adapt/run/request.hpp"
#include "open_model.hpp"
#include "scission/search/search.hpp"

namespace scission::adaptive_run {

/// The model's problem over this machine and the workers, and the search's question about it.
struct Question {
  PartitionProblem problem;
  Query query;
};

/// From the profiles and the network that the request names, or else measured on all machines. Of
/// profiles only this machine's and the workers' count; this machine is the one of --name, else
/// the only one without a worker, else this host's name.
/// Throws Error(not_found) where a system has no profile, and as reading, measuring and
/// make_problem() do.
Question find_question(const RunRequest& request, const apps::ModelSource& source,
                       const cxxopts::ParseResult& arguments);

}  // namespace scission::adaptive_run
