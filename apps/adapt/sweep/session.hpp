// A sweep at work.
#pragma once

#include <vector>

#include "adapt/sweep/held_stress.hpp"
#include "adapt/sweep/journal.hpp"
#include "adapt/sweep/order.hpp"
#include "adapt/sweep/pipelines.hpp"
#include "adapt/sweep/rig.hpp"
#include "interrupts.hpp"
#include "progress.hpp"
#include "scission/model/tensor.hpp"
#include "scission/sweep/sweep.hpp"

namespace scission::sweep {

/// Measures every plan under every condition, in blocks, and keeps what it has.
class Session {
 public:
  /// `conditions` are all combinations of levels. Throws as Journal and Pipelines do.
  Session(const SweepRequest& request, const torchscript::SplitModel& model, Rig& rig,
          std::vector<RoutePlan> plans, std::vector<Tensor> inputs,
          const apps::Interrupts& interrupts);

  /// Returns the sweep. Throws apps::Interrupted after SIGINT or SIGTERM, all stress gone and the
  /// files written; Error(io) when a file cannot be written.
  Sweep run();

  const std::vector<Measurement>& measurements() const { return journal_.measurements(); }

 private:
  void visit(const Visit& visit);
  void set_up(const Setting& setting);
  void end_stress();
  void deploy_ahead(const std::vector<std::size_t>& plans);
  void measure_plans(const Visit& visit, const std::vector<std::size_t>& plans);
  Measurement measure_plan(const Setting& setting, std::size_t plan);
  void keep(Measurement measurement, const Visit& visit, std::size_t plan);
  void check_signals() const;
  std::vector<std::size_t> left_of(const Visit& visit) const;
  Sweep grid() const;
  void write() const;
  void show(const Visit& visit, std::size_t plan);

  const SweepRequest& request_;
  Rig& rig_;
  const std::vector<RoutePlan> plans_;
  const std::vector<Tensor> inputs_;
  const apps::Interrupts& interrupts_;
  Sweep frame_;
  std::vector<Visit> visits_;
  Journal journal_;
  Pipelines pipelines_;
  HeldStress stress_;
  bool is_set_ = false;  ///< rates and stress are those of the condition
  apps::Progress progress_{"sweep"};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t done_before_ = 0;
};

}  // namespace scission::sweep
