// Errors, units and the version.
#pragma once

#include "scission/base/error.hpp"
#include "scission/base/export.hpp"
#include "scission/base/units.hpp"
#include "scission/base/version.hpp"
