// Timing models.
#pragma once

#include "scission/measure/judgement.hpp"
#include "scission/measure/measure.hpp"
