// The next plan when a machine is lost.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// From one plan to another.
struct SCISSION_EXPORT Switch {
  std::size_t to = 0;     ///< the pipeline's index
  std::string lost;       ///< the system
  double decision_s = 0;  ///< from the failure being known to the next plan being in charge
  double gap_s = 0;       ///< from the last answer before to the first after; 0 until there is one
};

/// Pipelines for the same model, best first, their segments deployed ahead. Requests go through
/// the first one that needs no lost system; those that were under way are sent again through
/// it, and each is answered once. A system is lost when a request fails there for the last time
/// because it is away or too slow; one that is only busy is not. Thread-safe.
class SCISSION_EXPORT Failover {
 public:
  /// Throws Error(invalid_argument) without a pipeline, and where one is null.
  explicit Failover(std::vector<std::shared_ptr<Pipeline>> pipelines);
  /// Waits until every request is answered. Not from within a `done`.
  ~Failover();
  Failover(const Failover&) = delete;
  Failover& operator=(const Failover&) = delete;

  /// As Pipeline::send(). Unanswered only when no plan is left.
  void send(std::vector<Tensor> inputs, std::function<void(PipelineResult)> done);

  std::size_t active() const;            ///< index of the pipeline in charge
  std::vector<Switch> switches() const;  ///< in their order
  std::set<std::string> lost() const;    ///< systems, as of now

  /// A lost system is back: plans with it are good again, and the best one takes over, which is no
  /// Switch.
  void restore(const std::string& system);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
