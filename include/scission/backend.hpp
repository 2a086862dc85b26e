// The interfaces that a backend implements.
#pragma once

#include "scission/backend/runnable.hpp"
#include "scission/backend/stage_model.hpp"
