// The whole runtime in one header: workers, clients and pipelines over gRPC. Never LibTorch.
#pragma once

#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "scission/runtime/worker/worker.hpp"
