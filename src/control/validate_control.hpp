// Options that a controller can work with.
#pragma once

#include "scission/control/controller.hpp"

namespace scission {

/// Throws Error(invalid_argument) that names the option out of range.
void validate(const ControllerOptions& options);

}  // namespace scission
