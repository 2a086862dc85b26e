// What a request for inference needs of its worker.
#pragma once

#include <string>

#include "runtime/compute_thread.hpp"
#include "runtime/models.hpp"
#include "runtime/peers.hpp"
#include "runtime/under_way.hpp"

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
