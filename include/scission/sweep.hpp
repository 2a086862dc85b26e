// Sweeps and their analysis.
#pragma once

#include "scission/sweep/sweep.hpp"
#include "scission/sweep/sweep_analysis.hpp"
