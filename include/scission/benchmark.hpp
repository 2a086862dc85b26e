// Benchmarking models in passes.
#pragma once

#include "scission/benchmark/benchmark.hpp"
#include "scission/benchmark/child_process.hpp"
