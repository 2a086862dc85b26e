// The commands of scission-worker that ask a running worker instead of being one.
#pragma once

#include <cxxopts.hpp>

#include "command_line.hpp"

namespace scission::worker {

/// Adds --list, --health, --drop, --load and --json.
void add_command_options(cxxopts::Options& options);

/// Whether the command line has one of them.
bool has_command(const apps::Arguments& arguments);

/// Runs the one that is given, on the workers at the addresses behind it; returns the exit code.
/// Throws Error(invalid_argument) on more than one of them and without an address, and as Client's
/// calls do.
int run_command(const apps::Arguments& arguments);

}  // namespace scission::worker
