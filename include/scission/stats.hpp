// Statistics.
#pragma once

#include "scission/stats/statistics.hpp"
