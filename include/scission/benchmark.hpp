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

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/codec.hpp"
#include "scission/inputs.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"

namespace scission {

/// A model to benchmark.
struct SCISSION_EXPORT BenchmarkModel {
  std::string name;
  std::vector<std::int64_t>
      input_shape;  ///< of the first input, the batch size first; may be empty
  /// Builds or loads the model; called in the process of each pass.
  std::function<std::unique_ptr<Runnable>()> make;
};

/// What the models of a benchmark have in common.
struct SCISSION_EXPORT BenchmarkSetting {
  std::shared_ptr<const Image> picture = {};  ///< their input; null: seeded random numbers
  std::optional<int> threads = {};            ///< empty: as many as the backend takes
  SplitOptions split = {};
  RunOptions run = {};
};

/// The source as a model to benchmark. No tensor is made before BenchmarkModel::make, which opens
/// the model and throws as open_model() does.
SCISSION_EXPORT BenchmarkModel benchmark_model(const ModelSource& source,
                                               const BenchmarkSetting& setting);

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

/// This machine as a benchmark by the backend on the device sees it, with its clock; empty
/// `threads`: as many as the backend takes by default. A forked process asks the backend, see
/// run_in_child(). Throws as Backend::validate_device() does.
SCISSION_EXPORT HostContext benchmark_host(const Backend& backend, const std::string& device,
                                           std::optional<int> threads = {});

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

// --- Codecs ---

// What codecs do at every cut of a model: sizes, times, and how the model's output changes,
// measured on inputs that are like those of its use. docs/measuring.md explains how.

// --- The inputs ---

/// The inputs on which codecs are measured: files, or seeded random numbers. Nothing is read yet.
struct SCISSION_EXPORT Calibration {
  /// One for each input: a picture, a file with the tensor of the model's only input, or a folder
  /// with the files of all its inputs.
  std::vector<std::filesystem::path> files = {};
  bool has_pictures = false;              ///< the files are pictures
  int random_inputs = 0;                  ///< without files
  std::vector<std::int64_t> labels = {};  ///< of each input; empty: unknown

  int size() const;  ///< number of inputs
};

/// The calibration of a picture, or of a folder: of its pictures in the order of their names, or
/// else of its other files and folders. Throws Error(not_found | invalid_argument) for a folder
/// that is missing or empty.
SCISSION_EXPORT Calibration find_calibration(const std::filesystem::path& source);

/// Adds the labels of a CSV file of lines FILE,LABEL: the name of a calibration's file without its
/// folder, and the number of its class from 0. Lines of other files are ignored. Throws
/// Error(not_found | io), Error(damaged) with the line, and Error(mismatch) for a file of the
/// calibration without a label.
SCISSION_EXPORT void add_labels(Calibration& calibration, const std::filesystem::path& labels);

/// One input of a model.
struct SCISSION_EXPORT CalibrationInput {
  std::vector<Tensor> tensors;
  std::optional<std::int64_t> label = {};
  /// The picture's file as a codec of pictures sends it, where the input is a picture.
  std::optional<CodedTensor> picture = {};
};

/// Reads an input. Throws Error(not_found | damaged | mismatch | unsupported) with the file as
/// place, and Error(invalid_argument) where the calibration has pictures and the model takes none.
SCISSION_EXPORT CalibrationInput read_input(const Calibration& calibration,
                                            const ModelSource& source, int index);

// --- Measuring ---

/// One segment of a model that is loaded.
struct SCISSION_EXPORT ChainStage {
  int last_layer = 0;
  std::vector<SegmentExit> exits = {};
  std::unique_ptr<StageModel> model;
};

/// State of a running measure_codecs().
struct SCISSION_EXPORT CodecProgress {
  int input = 0;  ///< from 0
  int inputs = 0;
  double elapsed_s = 0;
  double remaining_s = 0;  ///< estimate
};

/// How codecs are measured.
struct SCISSION_EXPORT CodecOptions {
  std::vector<const Codec*> codecs;
  int min_rounds = 10;  ///< of encoding and decoding at each cut, spread over the inputs; ≥ 1
  /// Called after each pair of cut and codec; may be empty. An exception ends the measurement.
  std::function<void(const CodecProgress&)> on_progress = {};
  /// Seconds on a monotonic clock; empty: std::chrono::steady_clock.
  std::function<double()> clock = {};
};

/// Result of measure_codecs().
struct SCISSION_EXPORT CodecMeasurement {
  std::vector<CodecTiming> codecs;  ///< as ModelProfile::codecs
  int inputs = 0;
  std::optional<double> accuracy = {};  ///< without a codec; empty: no labels
  /// Codecs without a value at some cut, and why, a sentence each.
  std::vector<std::string> notes = {};
};

/// Measures every codec at every cut of the chain and at the model's input. Each input runs through
/// the chain once, and its tensors at all cuts are kept meanwhile. For each cut, the rest of the
/// chain then runs on the decoded tensors. Codecs with equal decoded tensors share one run;
/// lossless results need none. The outputs are compared with that of the whole chain; a codec
/// that makes an output infinite or no number, or gives it another shape, has no value at that
/// cut.
///
/// `read` returns the input of an index; it is called once for each, in order. With `labels` read()
/// must give one for every input.
///
/// Throws Error(invalid_argument) for no input or an option out of range, Error(mismatch) for a
/// label beyond the model's classes and for a lossless codec that changes a tensor, and what the
/// stages and read() throw for a run without codecs.
/// O(inputs · cuts · (codecs + distinct results · stages)) times; memory for one input's tensors at
/// all cuts.
SCISSION_EXPORT CodecMeasurement
measure_codecs(const std::vector<ChainStage>& chain, int inputs,
               const std::function<CalibrationInput(int index)>& read, const CodecOptions& options);

// --- In a separate process ---

/// A model whose codecs are measured.
struct SCISSION_EXPORT CodecJob {
  ModelSource source;
  SplitOptions split;
  std::optional<int> threads = {};  ///< empty: the backend's default
  Calibration calibration;
  std::vector<const Codec*> codecs;
};

/// How to run a job, and an observer, as in BenchmarkOptions. All functions are called in the
/// calling process and may be empty.
struct SCISSION_EXPORT CodecJobOptions {
  std::function<double()> clock = {};  ///< see CodecOptions
  double timeout_s = std::numeric_limits<double>::infinity();
  int wake_descriptor = -1;  ///< −1: none
  std::function<void()> check_stop = {};
  std::function<void()> on_wait = {};
  std::function<void(const CodecProgress&)> on_progress = {};
};

/// Reads every input of jobs with one calibration, and compares labels with the numbers of the
/// models' classes, so that a broken input or a wrong label is found before anything is measured;
/// in a forked process. Throws as read_input(), Backend::open() and run_in_child() do, and
/// Error(mismatch) with the input's file as place for a label beyond the classes.
SCISSION_EXPORT void validate_calibration(const std::vector<CodecJob>& jobs);

/// measure_codecs() of a model that is opened, cut at the blocks of its profile and loaded in a
/// forked process, on the CPU. The segments are files in a temporary folder meanwhile.
///
/// The process must have one thread, as for run_in_child(). Throws Error(mismatch) if the model's
/// cuts are not those of the profile, and as Backend::open(), read_input() and measure_codecs() do.
SCISSION_EXPORT CodecMeasurement run_codec_job(const CodecJob& job, const ModelProfile& profile,
                                               const CodecJobOptions& options = {});

/// Adds the result to the profile. Values of other codecs, and the earlier accuracy where the
/// result has none, remain only if they come from the same number of inputs.
SCISSION_EXPORT void add_codecs(const CodecMeasurement& result, ModelProfile& profile);

/// Whether the profile has values of each codec, from that number of inputs.
SCISSION_EXPORT bool has_codecs(const ModelProfile& profile,
                                const std::vector<const Codec*>& codecs, int inputs);

}  // namespace scission
