// Everything of the component plan: networks, partition problems, plans and their cost.
#pragma once

#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
