// The interface that a backend implements, and the registry of backends.
#pragma once

#include "scission/backend/backend.hpp"
#include "scission/backend/model_source.hpp"
#include "scission/backend/runnable.hpp"
#include "scission/backend/stage_model.hpp"
