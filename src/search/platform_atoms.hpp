// The single constraints on one platform or system.
#pragma once

#include <string>
#include <vector>

#include "search/constraint_atoms.hpp"

namespace scission {

/// Appends what the part of a plan on the platform or system of that name must keep to.
void add_platform_atoms(const std::string& name, const Constraints& constraints,
                        std::vector<ConstraintAtom>& atoms);

}  // namespace scission
