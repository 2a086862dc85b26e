// The whole core in one header. Never LibTorch.
#pragma once

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/benchmark.hpp"
#include "scission/codec.hpp"
#include "scission/control.hpp"
#include "scission/explore.hpp"
#include "scission/inputs.hpp"
#include "scission/measure.hpp"
#include "scission/model.hpp"
#include "scission/plan.hpp"
#include "scission/prepare.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"
#include "scission/search.hpp"
#include "scission/stats.hpp"
#include "scission/sweep.hpp"
