// The options of scission-predict.
#pragma once

#include <cxxopts.hpp>

namespace scission::predict {

void add_options(cxxopts::Options& options);

/// Printed by --help below the options.
extern const char* const notes;

}  // namespace scission::predict
