// Benchmarking models in passes, each in a separate process; its files, and resuming from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/backend/runnable.hpp"
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
/// ones is measured from the start. The single times of the result are kept. A model that takes
/// long to load gets fewer passes: see has_time_for_a_pass().
///
/// The process must have one thread, as for run_in_child().
SCISSION_EXPORT void run_benchmark(SystemProfile& system, const std::vector<BenchmarkModel>& models,
                                   const BenchmarkOptions& options);

/// Whether a model whose passes took `spent_s` in all, loading included, and the last one `pass_s`,
/// gets another pass: with it they take at most twice `max_time_s`, or 10 s.
SCISSION_EXPORT bool has_time_for_a_pass(double spent_s, double pass_s, double max_time_s);

/// The number of passes that `options` can make: the requested number, but at most one per round.
SCISSION_EXPORT int possible_passes(const BenchmarkOptions& options);

/// The part of 0 ≤ `pass` < `passes` in `total`: its parts of time and rounds, which add up to
/// those of `total`, and a precision √passes times as wide, so that all passes together reach the
/// one of `total`.
SCISSION_EXPORT MeasureOptions pass_options(const MeasureOptions& total, int pass, int passes);

/// Emulates a machine with the share 0 < `speed` ≤ 1 of this machine's speed: scaled_clock()
/// measures, and max_time_s is time on the emulated machine.
SCISSION_EXPORT void emulate_speed(MeasureOptions& options, double speed);

/// A function that sleeps, such as MeasureOptions::before_run; empty for 0 seconds.
SCISSION_EXPORT std::function<void()> sleep_function(double seconds);

/// The device of the text "cpu", "cuda" (which means cuda:0) or "cuda:N", as HostContext::device
/// has it. Throws Error(invalid_argument) with `place` on other text.
SCISSION_EXPORT std::string parse_device(std::string text, const std::string& place);

/// The number of passes that `system` has of a model. 0 where it has fewer than `passes` and lacks
/// the samples that further passes are joined with.
SCISSION_EXPORT int passes_done(const SystemProfile& system, const std::string& model, int passes);

/// Whether the model `name` is one of `models` and has fewer than `passes` passes in `system`.
SCISSION_EXPORT bool lacks_passes(const SystemProfile& system,
                                  const std::vector<BenchmarkModel>& models,
                                  const std::string& name, int passes);

/// The models of `system`, and how many passes those that lack some have: "vgg19, resnet50 (1 of 3
/// passes)". O(models²).
SCISSION_EXPORT std::string describe_passes(const SystemProfile& system,
                                            const std::vector<BenchmarkModel>& models, int passes);

/// Throws Error(mismatch) with `place`, naming every difference, unless `earlier` was measured like
/// `models` would be on the host `now`: equal processor, threads, device, backend, stress and
/// inputs. What an older profile does not state counts as equal.
SCISSION_EXPORT void validate_same_conditions(const SystemProfile& earlier, const HostContext& now,
                                              const std::vector<BenchmarkModel>& models,
                                              const std::string& place);

/// The files of one system's benchmark: FOLDER/PLATFORM-NAME.json, its samples, and other formats
/// of it.
struct SCISSION_EXPORT ProfileFiles {
  std::filesystem::path folder;
  std::string platform;
  std::string name;
  bool with_dat = false;
  bool with_csv = false;
  bool with_statistics = false;
  /// Also the files of the original's fork, fork_paths(). The caller draws fork_pictures().
  bool with_fork = false;
  std::int64_t batch = 1;  ///< in the names of the fork's files

  /// Adds the files of a format: "dat", "csv", "statistics" or "fork"; "json" is always written.
  /// Throws Error(invalid_argument) with `place` on another word.
  void add_format(const std::string& format, const std::string& place);

  std::string stem() const;                          ///< "PLATFORM-NAME"
  std::filesystem::path profile() const;             ///< FOLDER/PLATFORM-NAME.json
  std::vector<std::filesystem::path> paths() const;  ///< all but the samples

  /// benchmark_data/PLATFORM-NAME-bN.dat and models_profiling/NAME-stats-bN.csv, as the fork's
  /// program names them, and models_profiling/PLATFORM-NAME-stats.csv, as its documentation names
  /// the latter; in FOLDER. N is the batch.
  std::vector<std::filesystem::path> fork_paths() const;

  /// The fork's pictures of a model, without their extension:
  /// models_profiling/MODEL/NAME-MODEL-performance-bN and models_profiling/MODEL/MODEL-stats.
  struct ForkPictures {
    std::filesystem::path times;
    std::filesystem::path costs;
  };
  ForkPictures fork_pictures(const std::string& model) const;  ///< where they are in `folder`

  /// Makes the folder and verifies, before anything is measured, that a file can be written there.
  /// Throws Error(io).
  void prepare() const;

  /// prepare(), and the profile that a benchmark of `models` on `host` adds its passes to: with
  /// `resumes` the earlier one, where there is one, else an empty one.
  /// Throws Error(mismatch) as validate_same_conditions() does, or when an earlier profile has
  /// models that are not to be measured and would be lost; a damaged one may go unless `resumes`.
  /// Throws Error(io | damaged | unsupported) when the earlier profile cannot be read.
  SystemProfile open(const HostContext& host, const std::vector<BenchmarkModel>& models,
                     bool resumes) const;

  /// Writes every file in one step, the profile last. Throws Error(io).
  void write(const SystemProfile& system) const;

  /// The profile of an earlier run, with its samples; nothing where there is no file.
  /// Throws Error(io | damaged | unsupported).
  std::optional<SystemProfile> read_earlier() const;

 private:
  void validate_nothing_is_lost(const std::vector<BenchmarkModel>& models) const;
};

/// Throws Error(invalid_argument) with `place` unless the word can be part of a file's name and of
/// criteria; a platform must have no dash, either.
SCISSION_EXPORT void validate_system_name(const std::string& name, const std::string& place);
SCISSION_EXPORT void validate_platform(const std::string& platform, const std::string& place);

/// Runs `work` in a forked copy of this process and returns its answer: a thread pool or a GPU's
/// context that the work starts does not outlive it, and so breaks no later fork. The process must
/// have one thread. Throws the scission::Error that the work threw, and Error(io) when it ended
/// without an answer.
SCISSION_EXPORT std::string run_in_child(const std::function<std::string()>& work);

}  // namespace scission
