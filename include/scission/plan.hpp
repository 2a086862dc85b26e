// Everything of the component plan: networks, partition problems, plans and their cost.
#pragma once

#include "scission/plan/kubernetes.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/plan/setup_check.hpp"
