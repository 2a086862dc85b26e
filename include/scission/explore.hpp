// Everything of the component explore: conditions, the explorer and its page.
#pragma once

#include "scission/explore/explore.hpp"
