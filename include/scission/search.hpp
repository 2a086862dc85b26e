// Everything of the component search: queries, the solver, the planner, analyses, plans as text and
// JSON.
#pragma once

#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/search.hpp"
