// What codecs do at every cut of a model: sizes, times, and how the model's output changes,
// measured on inputs that are like those of its use. docs/measuring.md explains how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/backend/backend.hpp"
#include "scission/base/export.hpp"
#include "scission/codec/codec.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

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
  /// Codecs without a figure at some cut, and why, a sentence each.
  std::vector<std::string> notes = {};
};

/// Measures every codec at every cut of the chain and at the model's input. Each input runs through
/// the chain once, and its tensors at all cuts are kept meanwhile. The rest of the chain then runs
/// from each cut on the decoded tensors, once for all codecs that decode to equal ones and not at
/// all where they are those encoded. The output of the whole chain is what its outputs are compared
/// with; a codec that makes an output infinite or no number, or gives it another shape, has no
/// figure at that cut.
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

/// Puts the result into the profile. Figures of other codecs, and an accuracy where the result has
/// none, stay if they are of as many inputs; otherwise they are removed.
SCISSION_EXPORT void add_codecs(const CodecMeasurement& result, ModelProfile& profile);

/// Whether the profile has figures of each codec, from that number of inputs.
SCISSION_EXPORT bool has_codecs(const ModelProfile& profile,
                                const std::vector<const Codec*>& codecs, int inputs);

}  // namespace scission
