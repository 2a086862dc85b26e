// What is missing from a sweep that was read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scission/sweep.hpp"

namespace scission {

/// Adds missing conditions, unless their file is already listed as damaged, and conditions that
/// lack plans; sorts the faults and sets the expected number of conditions. `name` maps the levels
/// of a condition to its file name.
void add_faults(SweepReading& reading,
                const std::function<std::string(const std::vector<int>& levels)>& name);

}  // namespace scission
