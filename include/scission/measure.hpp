// Timing models.
#pragma once

#include "scission/measure/assessment.hpp"
#include "scission/measure/measure.hpp"
