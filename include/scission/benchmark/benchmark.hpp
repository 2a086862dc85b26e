// Benchmarking models in passes, each in a separate process, with resuming.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend/backend.hpp"
#include "scission/base/error.hpp"
#include "scission/base/export.hpp"
#include "scission/measure/measure.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// A model to benchmark.
struct SCISSION_EXPORT BenchmarkModel {
  std::string name;
  std::vector<std::int64_t>
      input_shape;  ///< of the first input, the batch size first; may be empty
  /// Builds or loads the model; called in the process of each pass.
  std::function<std::unique_ptr<Runnable>()> make;
};

/// One pass of one model.
struct SCISSION_EXPORT BenchmarkStep {
  std::string model;
  int index = 0;   ///< of the model, among those that lacked a pass at the start
  int count = 0;   ///< of those models
  int pass = 0;    ///< from 0
  int passes = 1;  ///< of every model
};

/// How to benchmark, and an observer. All functions are called in the calling process and may be
/// empty; an exception from one of them ends the benchmark.
struct SCISSION_EXPORT BenchmarkOptions {
  /// For all passes of a model together; see pass_options(). Its on_progress is not called.
  MeasureOptions measure = {};
  int passes = 5;  ///< ≥ 1
  /// Limit of one pass of a model, including loading, in seconds.
  double model_timeout_s = std::numeric_limits<double>::infinity();

  /// Called before each step, and during a step when `wake_descriptor` is readable. To stop the
  /// benchmark, it throws.
  std::function<void()> check_stop = {};
  int wake_descriptor = -1;  ///< −1: none

  /// Called every quarter of a second without progress, as while the model is loaded.
  std::function<void(const BenchmarkStep&)> on_wait = {};
  /// Called a few times a second; where it is empty, the measuring process sends no progress.
  std::function<void(const BenchmarkStep&, const MeasureProgress&, int blocks)> on_progress = {};
  /// Called when the step is in the profile.
  std::function<void(const BenchmarkStep&)> on_pass = {};
  /// Called when a step failed. The model is not tried again; its earlier passes are kept.
  std::function<void(const BenchmarkStep&, const Error&)> on_failure = {};
  /// Called after a model's last pass, or after its failure where it has earlier passes.
  std::function<void(const ModelProfile&)> on_model = {};
};

/// Adds the missing passes of all models to `system`, the first pass of every model before the
/// second of any. Every pass runs in a forked process, so a crash or a lack of memory is a failure
/// of that model alone. `system` holds platform, name, host and the models of an earlier run; a
/// model with enough passes is left as it is, and one that lacks passes and the samples of earlier
/// ones is measured from the start. The single times of the result are kept.
///
/// The process must have one thread, as for run_in_child().
SCISSION_EXPORT void run_benchmark(SystemProfile& system, const std::vector<BenchmarkModel>& models,
                                   const BenchmarkOptions& options);

/// The number of passes that `options` can make: the requested number, but at most one per round.
SCISSION_EXPORT int possible_passes(const BenchmarkOptions& options);

/// The part of 0 ≤ `pass` < `passes` in `total`: its parts of time and rounds, which add up to
/// those of `total`, and a precision √passes times as wide, so that all passes together reach the
/// one of `total`.
SCISSION_EXPORT MeasureOptions pass_options(const MeasureOptions& total, int pass, int passes);

/// The number of passes that `system` has of a model. 0 where it has fewer than `passes` and lacks
/// the samples that further passes are joined with.
SCISSION_EXPORT int passes_done(const SystemProfile& system, const std::string& model, int passes);

/// Throws Error(mismatch) with `place`, naming every difference, unless `earlier` was measured like
/// `models` would be on the host `now`: equal processor, threads, device, backend, stress and
/// inputs. What an older profile does not state counts as equal.
SCISSION_EXPORT void check_same_conditions(const SystemProfile& earlier, const HostContext& now,
                                           const std::vector<BenchmarkModel>& models,
                                           const std::string& place);

}  // namespace scission
