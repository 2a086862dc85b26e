// Benchmarks in passes.
#pragma once

#include "scission/benchmark/benchmark.hpp"
