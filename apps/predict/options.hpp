// The command line of scission-predict.
#pragma once

#include <cxxopts.hpp>
#include <string>

namespace scission::predict {

cxxopts::Options make_options();

/// What --help prints.
std::string help_text(const cxxopts::Options& options);

}  // namespace scission::predict
