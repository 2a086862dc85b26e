// The problem of scission-predict and scission-explore, from the same arguments.
#pragma once

#include <string>

#include "command_line.hpp"
#include "scission/plan/problem.hpp"

namespace scission::predict {

/// What the arguments PROFILES, NETWORK.csv and MODEL and the options about them state.
struct LoadedProblem {
  PartitionProblem problem;
  std::string note;  ///< what is unusual about the profiles; may be empty
};

/// Reads the profiles, the network and the files that options name. Samples, which take time to
/// read, only make intervals more precise: `with_samples` reads them. Warns of misspelt names in
/// the network. `appends_platforms`: platforms that --platforms does not know follow its default.
/// Throws as the readers and make_problem() do.
LoadedProblem load_problem(const std::string& tool, const apps::Arguments& arguments,
                           bool with_samples, bool appends_platforms);

}  // namespace scission::predict
