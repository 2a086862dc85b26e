// Timing models.
#pragma once

#include "scission/measure/measure.hpp"
