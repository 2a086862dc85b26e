// The interfaces that a backend implements.
#pragma once

#include "scission/backend/backend.hpp"
