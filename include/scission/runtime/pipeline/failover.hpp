// Switches to the next plan when a system is lost.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// A switch from one pipeline to another.
struct SCISSION_EXPORT FailoverSwitch {
  std::size_t to = 0;     ///< index of the pipeline
  std::string lost;       ///< the system that was lost
  double decision_s = 0;  ///< from detecting the failure to having switched
  double gap_s = 0;  ///< from the last answer before to the first one after; 0 until there is one
};

/// Pipelines for the same model, best first, all deployed. Requests go through the first one that
/// needs no lost system. When a system is lost, requests that failed on it are sent again through
/// the next pipeline; each request is answered once. A system is lost when a request has failed
/// there with all retries because it is unreachable or too slow; a busy system is not lost.
/// Thread-safe.
class SCISSION_EXPORT Failover {
 public:
  /// Throws Error(invalid_argument) without pipelines, and for a null pipeline.
  explicit Failover(std::vector<std::shared_ptr<Pipeline>> pipelines);
  /// Waits until every request is answered. Must not be called from within a `done`.
  ~Failover();
  Failover(const Failover&) = delete;
  Failover& operator=(const Failover&) = delete;

  /// As Pipeline::send(). Not answered only when no pipeline is left, or when the request is
  /// refused.
  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

  std::size_t active() const;                    ///< index of the pipeline in charge
  std::vector<FailoverSwitch> switches() const;  ///< in chronological order
  std::set<std::string> lost() const;            ///< systems that are lost now

  /// Declares a lost system available again. The best pipeline takes over, which is not recorded as
  /// a switch.
  void restore(const std::string& system);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
