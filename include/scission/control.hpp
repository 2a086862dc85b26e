// Online control: estimating conditions, deciding when to switch plans, replaying traces.
#pragma once

#include "scission/control/controller.hpp"
#include "scission/control/replay.hpp"
