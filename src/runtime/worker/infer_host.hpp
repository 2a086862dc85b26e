// What a request for inference needs of its worker.
#pragma once

#include <string>

#include "runtime/threads/compute_thread.hpp"
#include "runtime/worker/models.hpp"
#include "runtime/worker/peers.hpp"
#include "runtime/worker/under_way.hpp"

namespace scission::runtime {

/// Outlives all requests.
struct InferHost {
  const std::string& name;  ///< the system's
  const WorkerLimits& limits;
  Models& models;
  Peers& peers;
  ComputeThread& compute;
  UnderWay& under_way;
};

}  // namespace scission::runtime
