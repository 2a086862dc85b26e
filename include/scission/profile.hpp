// Measured profiles: values, files and comparison.
#pragma once

#include "scission/profile/profile.hpp"
