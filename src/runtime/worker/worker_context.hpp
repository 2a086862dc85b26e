// The parts of a worker that its calls use.
#pragma once

#include <functional>
#include <string>

#include "runtime/threads/serial_executor.hpp"
#include "runtime/worker/in_flight_requests.hpp"
#include "runtime/worker/models.hpp"
#include "runtime/worker/peers.hpp"

namespace scission::runtime {

/// Outlives all calls.
struct WorkerContext {
  const std::string& name;  ///< of the system
  const WorkerLimits& limits;
  const std::function<void(const std::string&)>& log;  ///< takes one line per event
  Models& models;
  Peers& peers;
  SerialExecutor& compute;  ///< the computing thread
  InFlightRequests& in_flight;
};

}  // namespace scission::runtime
