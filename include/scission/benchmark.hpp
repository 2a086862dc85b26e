// Benchmarks in passes.
#pragma once

#include "scission/benchmark/benchmark.hpp"
#include "scission/benchmark/codecs.hpp"
