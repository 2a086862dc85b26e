// Options shared by the tools that benchmark on all machines.
#pragma once

#include <cxxopts.hpp>
#include <string>

#include "open_model.hpp"
#include "scission/runtime/gather/gather.hpp"

namespace scission::plan {

/// Adds --name, --max-time, --pause, --threads and --speed.
void add_gather_options(cxxopts::Options& options);

/// What they say, of the model that is named MODEL on the command line; no image and no folder yet.
/// Throws Error(invalid_argument) with the option as place.
runtime::GatherOptions gather_options(const apps::ModelSource& source,
                                      const apps::Arguments& arguments);

}  // namespace scission::plan
