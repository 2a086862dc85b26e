// What a sweep that was read lacks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scission/sweep/adaptive_io.hpp"

namespace scission {

/// Adds the conditions that are missing, unless their file is among the faults already, and those
/// that lack plans; sorts the faults and states how many conditions were expected. `name` makes a
/// file's name of a condition's levels.
void add_faults(SweepReading& reading,
                const std::function<std::string(const std::vector<int>& levels)>& name);

}  // namespace scission
