// Measured profiles, and their files: JSON, the original's .dat, CSV, and the samples beside a
// profile. docs/profile-format.md describes every format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/stats.hpp"

namespace scission {

/// Times and sizes of one block, for one run on the profile's batch.
struct SCISSION_EXPORT BlockTiming {
  Block block;
  double seconds = 0;                      ///< the mean that the search uses; see measure()
  Summary summary;                         ///< count 0 if the source file has only a mean
  std::string layer_types;                 ///< separated by spaces; empty if unknown
  std::int64_t parameters = 0;             ///< 0 where unknown
  std::int64_t weight_bytes = 0;           ///< 0 if unknown
  std::int64_t peak_activation_bytes = 0;  ///< peak of its values; 0 if unknown
  std::int64_t flops = 0;                  ///< of one run; 0 if unknown
  Interval interval = {};                  ///< 95 % interval of `seconds`; 0, 0 if unknown
  double cold_seconds = 0;                 ///< first run in the process; 0 if unknown
  /// What a stage that begins with the block takes beyond its blocks' seconds when the system has
  /// waited for it; 0 if unknown. The noise of a measurement can put it below 0, which plans and
  /// files take as 0.
  double setup_seconds = 0;
  Interval setup_interval = {};      ///< 95 % interval of `setup_seconds`; 0, 0 if unknown
  std::vector<double> samples = {};  ///< seconds per round, in order; not in the JSON
};

/// What a codec does to what crosses one cut, for one run on the profile's batch. Means are over
/// the inputs of the calibration.
struct SCISSION_EXPORT CodecTiming {
  std::string codec;              ///< Codec::name()
  int last_layer = 0;             ///< the cut is after it; -1: before layer 0
  double bytes = 0;               ///< mean size of what crosses, all tensors together
  double bytes_p95 = 0;           ///< 95th percentile over the inputs
  double encode_seconds = 0;      ///< on this system
  Interval encode_interval = {};  ///< 95 % interval of `encode_seconds`; 0, 0 if unknown
  double decode_seconds = 0;      ///< on this system
  Interval decode_interval = {};  ///< 95 % interval of `decode_seconds`; 0, 0 if unknown
  /// Largest difference of the model's output from that without a codec ÷ the largest absolute
  /// value of that output: the largest over the inputs. 0 for lossless codecs.
  double error = 0;
  double cosine = 1;     ///< smallest cosine similarity of both outputs over the inputs
  double agreement = 1;  ///< share of the inputs whose largest output is the same one
  std::optional<double> accuracy = {};  ///< share of the inputs whose label it is; empty: no labels
};

/// Times and sizes of one model on one system.
struct SCISSION_EXPORT ModelProfile {
  std::string model;
  std::vector<BlockTiming> blocks;  ///< contiguous from layer 0
  double whole_seconds = 0;         ///< the unsplit model; 0 if unknown
  Summary whole;
  std::vector<std::int64_t> input_shape;  ///< starts with the batch; empty if unknown
  int warmup = 0;                         ///< rounds before the first counted one
  int repetitions = 0;                    ///< counted rounds
  /// Counted rounds of each process that measured the model, in order; their sum is `repetitions`.
  /// Empty for one process, or if unknown.
  std::vector<int> passes;

  Interval whole_interval;      ///< 95 % interval of `whole_seconds`; 0, 0 if unknown
  Interval sum_ratio_interval;  ///< 95 % interval of blocks_seconds() ÷ whole_seconds
  /// Standard deviation of `whole_seconds` between passes ÷ their mean; 0 if unknown, as with one.
  double pass_deviation = 0;
  double cold_seconds = 0;            ///< first run of the whole model; 0 if unknown
  double load_seconds = 0;            ///< loading or building, and splitting; 0 if unknown
  double measuring_seconds = 0;       ///< from the first run to the last; 0 if unknown
  std::vector<double> whole_samples;  ///< seconds per round, in order; not in the JSON
  std::int64_t weight_bytes = 0;      ///< of the whole model, shared weights once; 0 if unknown
  std::int64_t peak_activation_bytes = 0;  ///< of the whole model; 0 if unknown
  std::int64_t peak_rss_bytes = 0;         ///< of the measuring process; 0 if unknown
  std::vector<std::string> warnings;       ///< about the quality of the measurement
  /// By cut, then codec; at most one for each pair. Empty: no codec was measured.
  std::vector<CodecTiming> codecs = {};
  int codec_inputs = 0;                 ///< that the codecs were measured with; 0: none
  std::optional<double> accuracy = {};  ///< without a codec; empty: no labels

  int layers() const;             ///< number of layers, including the input
  double blocks_seconds() const;  ///< sum of the blocks' seconds
  /// The widest 95 % interval of a median, relative to that median, among the whole model and the
  /// blocks that take more than 1 % of the blocks' sum. Empty for fewer than 6 rounds, whose range
  /// covers the median with a probability below 95 %.
  std::optional<double> precision() const;
  double difference() const;  ///< blocks_seconds() ÷ whole_seconds − 1; 0 if unknown
};

/// Where and how a profile was measured. Fields are empty or 0 if unknown.
struct SCISSION_EXPORT HostContext {
  std::string host;
  std::string os;
  std::string cpu;
  int cores = 0;    ///< logical processors available to the process
  int threads = 0;  ///< threads within one operation
  std::int64_t memory_bytes = 0;
  std::string backend;
  std::string backend_version;
  std::string tool_version;
  std::string date;               ///< ISO 8601, UTC
  std::string device = {};        ///< cpu, cuda:0
  bool is_optimized = false;      ///< by the backend, for inference
  std::string split = {};         ///< how the models were cut: "single cuts, layer grain"
  std::string stress = {};        ///< load during the measurement: "cpu=50,memory=50"
  std::string governor = {};      ///< of the clock frequency: "performance", "powersave"
  double pause_s = 0;             ///< idle time before each timed run
  double clock_resolution_s = 0;  ///< smallest observed step of the clock
  double clock_overhead_s = 0;    ///< time that one reading takes
};

/// All profiles of one system: the contents of PLATFORM-NAME.json.
struct SCISSION_EXPORT SystemProfile {
  std::string platform;  ///< device, edge, cloud, or any other word
  std::string name;
  HostContext host;
  std::vector<ModelProfile> models;

  /// The model's profile; nullptr if the system has not measured it.
  const ModelProfile* find(const std::string& model) const;
};

/// Names of all models in the profiles, sorted, without duplicates.
SCISSION_EXPORT std::vector<std::string> known_models(const std::vector<SystemProfile>& profiles);

/// The name where it is known, else the name in lower case, as the original has it.
SCISSION_EXPORT std::string find_known_model(const std::vector<SystemProfile>& profiles,
                                             std::string name);

/// This machine: host, os, cpu, cores, memory_bytes, tool_version, date and governor.
SCISSION_EXPORT HostContext this_host();

/// Throws Error(damaged, place) unless the blocks are contiguous from layer 0, all times are from 0
/// to 10¹² s, and all sizes are ≥ 0.
SCISSION_EXPORT void validate(const ModelProfile& profile, const std::string& place);

inline constexpr int profile_format_version = 1;

/// Writes a temporary file beside `path` and renames it, so that `path` never holds a part of a
/// profile. Throws Error(io).
SCISSION_EXPORT void write_profile(const SystemProfile& profile, const std::filesystem::path& path);

/// Reads one file; its ending, .json or .dat, determines the format. Platform and name of a .dat
/// come from the file's name, PLATFORM-NAME.dat, split at the first dash. Throws Error(not_found |
/// io | damaged | unsupported) with the file as place.
SCISSION_EXPORT SystemProfile read_profile(const std::filesystem::path& path);

/// All profiles in a folder, without its subfolders, ordered by file name. Ignores `*.json` without
/// the format marker, a `.dat` beside the `.json` of the same name, and other files; adds the
/// former to `passed_over`, if there is such a list. Throws what read_profile() throws,
/// Error(not_found) if the folder is missing or has no profile, and Error(mismatch) if two files
/// belong to one system.
SCISSION_EXPORT std::vector<SystemProfile> read_profiles(
    const std::filesystem::path& folder, std::vector<std::filesystem::path>* passed_over = nullptr);

/// Conversion to and from the text of the JSON file; errors name `place` as the source.
SCISSION_EXPORT SystemProfile parse_profile_json(std::string_view text, const std::string& place);
SCISSION_EXPORT std::string format_profile_json(const SystemProfile& profile);

/// The models in a .dat, a Python pickle. Interprets only the opcodes and globals that these files
/// need and runs no code; throws Error(damaged | unsupported) for everything else.
SCISSION_EXPORT std::vector<ModelProfile> parse_profile_dat(std::string_view bytes,
                                                            const std::string& place);

/// The original tool's file: a Python pickle, protocol 3, of a dictionary from model to list of
/// `__main__.LayerBenchmark`. `device` is empty as in all of the original's files, output_size the
/// payload and the 128 bytes of a .npy header. parse_profile_dat() and any unpickler that knows the
/// class can read it. O(blocks).
/// Throws Error(damaged) for a model that validate() rejects, for a duplicate name, and for an
/// output size that exceeds 64 bits with the header.
SCISSION_EXPORT std::string format_profile_dat(const SystemProfile& profile);

/// A CSV table with one row per block and a header row, as in RFC 4180 but with LF line ends. Times
/// in seconds, sizes in bytes; unknown cells are empty, and a quantity is unknown if it is 0 in all
/// blocks of a model.
SCISSION_EXPORT std::string format_blocks_csv(const SystemProfile& profile);

/// A CSV table with one row per model, cut and codec and a header row, in the form of
/// format_blocks_csv(): times in seconds, sizes in bytes; unknown cells are empty, as the layer of
/// the model's input is. The columns are those of docs/profile-format.md. O(blocks + codecs).
SCISSION_EXPORT std::string format_codecs_csv(const SystemProfile& profile);

/// The statistics of the original's fork: for each model the rows layers, flops, params, output
/// (MiB, including the 128 bytes of a .npy header) and times (ms), with a column per block,
/// followed by the layers of each block. O(blocks).
SCISSION_EXPORT std::string format_statistics_csv(const SystemProfile& profile);

/// The path of the samples of a profile: PLATFORM-NAME.samples.csv for PLATFORM-NAME.json.
SCISSION_EXPORT std::filesystem::path samples_path(const std::filesystem::path& profile);

/// read_profile(), with the samples of samples_path() where there are some. Throws as
/// read_profile() and add_samples() do.
SCISSION_EXPORT SystemProfile read_sampled_profile(const std::filesystem::path& path);

/// Adds to each profile of a folder the samples of its PLATFORM-NAME.samples.csv, where there is
/// one. Throws as add_samples() of one profile does, and Error(io).
SCISSION_EXPORT void add_samples(std::vector<SystemProfile>& profiles,
                                 const std::filesystem::path& folder);

/// One row per sample, rounded to nanoseconds: model,first_layer,last_layer,round,seconds. The
/// layer cells of the whole model are empty. Rounds count from 1.
SCISSION_EXPORT std::string format_samples_csv(const SystemProfile& profile);

/// Replaces the samples of the profile's models and blocks by those of the text; ignores models and
/// blocks that the profile does not have. O(rows log series).
/// Throws Error(damaged, place) with the line; the profile is then unchanged.
SCISSION_EXPORT void add_samples(SystemProfile& profile, const std::string& text,
                                 const std::string& place);

// --- Significant changes between two profiles of the same models; docs/report.md has the tests ---

/// Classification of a difference.
enum class Change {
  unchanged,  ///< not significant, or smaller than min_change
  faster,
  slower,
  unknown,  ///< a profile has neither samples nor an interval
};

/// The data that a comparison uses.
enum class Evidence {
  samples,    ///< both profiles' samples: rank_test()
  intervals,  ///< their 95 % intervals: interval_test()
  none,       ///< a profile has neither: only the ratio is known
};

/// "unchanged", "faster", …; "samples", …
SCISSION_EXPORT std::string to_string(Change change);
SCISSION_EXPORT std::string to_string(Evidence evidence);

/// One time, before and after.
struct SCISSION_EXPORT TimeComparison {
  double before_s = 0;  ///< as the profile states it
  double after_s = 0;
  double ratio = 1;              ///< after ÷ before; NaN if the time before is 0
  Interval ratio_interval = {};  ///< 95 %; 0, 0 without evidence
  Evidence evidence = Evidence::none;
  double p = 1;                     ///< two-sided p-value; 1 without evidence
  double false_discovery_rate = 1;  ///< within its family of comparisons
  Change change = Change::unknown;
  /// The medians of the samples, or what the profiles state where their intervals are tested; NaN
  /// without evidence. With samples, `ratio` is not that of the medians: it is the median of the
  /// ratios of all pairs, and the change is judged by it and its interval.
  double before_median_s = std::numeric_limits<double>::quiet_NaN();
  double after_median_s = std::numeric_limits<double>::quiet_NaN();
};

/// One block, before and after.
struct SCISSION_EXPORT BlockComparison {
  Block block;
  std::string layer_types;
  TimeComparison time;
};

/// One model, before and after.
struct SCISSION_EXPORT ModelComparison {
  std::string model;
  TimeComparison whole;  ///< 0 s and without evidence if unknown
  TimeComparison sum;    ///< of all blocks
  std::vector<BlockComparison> blocks;

  int count(Change change) const;  ///< number of blocks
  /// Whether the whole, the sum or a block is slower.
  bool is_slower() const;
};

/// Which changes are reported.
struct SCISSION_EXPORT ComparisonOptions {
  /// The expected share of false discoveries among the reported changes, separately for the blocks
  /// of all models and for their wholes and sums; between 0 and 1, exclusive.
  double false_discovery_rate = 0.05;
  /// Smallest relative change to report, ≥ 0: a ratio of 1 + min_change, or 1 ÷ (1 + min_change).
  double min_change = 0.02;
  std::vector<std::string> models = {};  ///< empty: all models that both profiles have
};

/// Result of compare_profiles().
struct SCISSION_EXPORT ProfileComparison {
  /// Other differences, a sentence each: the host, its settings, the batch, models that only one
  /// profile has.
  std::vector<std::string> notes;
  std::vector<ModelComparison> models;  ///< in the order of the profile before

  bool is_slower() const;  ///< whether a model is slower
};

/// Compares the blocks between the boundaries that both profiles share. Tests the samples
/// (add_samples()) if both profiles have them, else the intervals. O(n log n) for n samples.
/// Throws Error(invalid_argument) for options out of range and for a model that one profile lacks,
/// Error(mismatch) if the profiles have no model in common, or different models under one name, and
/// Error(damaged) as validate() does.
SCISSION_EXPORT ProfileComparison compare_profiles(const SystemProfile& before,
                                                   const SystemProfile& after,
                                                   const ComparisonOptions& options = {});

/// The comparison as JSON; docs/report.md describes the fields.
SCISSION_EXPORT std::string format_comparison_json(const ProfileComparison& comparison);

// --- Whether a benchmark can be relied on ---

/// Half the width of the 95 % interval of a whole model's time, as a share of the time; empty if
/// unknown, as with fewer than 6 rounds.
SCISSION_EXPORT std::optional<double> whole_half_width(const ModelProfile& model);

/// Kinds of warnings (ModelProfile::warnings).
enum class WarningKind {
  imprecise,            ///< the precision was not reached
  drifting,             ///< the rounds got slower or faster
  disturbed,            ///< some rounds took far longer than the others
  inconsistent_passes,  ///< the passes differ
  sum_differs,          ///< the blocks do not add up to the whole model
  short_blocks,         ///< blocks too short for the clock
  other,
};

/// "imprecise", "drifting", "disturbed", "passes differ", "sum differs", "short blocks", "other".
SCISSION_EXPORT std::string to_string(WarningKind kind);

/// The kind of a warning.
SCISSION_EXPORT WarningKind warning_kind_of(const std::string& warning);

/// The models with warnings of one kind.
struct SCISSION_EXPORT WarningGroup {
  WarningKind kind = WarningKind::other;
  std::vector<std::string> models;  ///< in the profile's order
  std::string example;              ///< the warning of the first of them
  /// Whether times may be wrong beyond their intervals, in an unknown direction: a machine that
  /// drifted or was disturbed.
  bool is_disqualifying = false;
};

/// Result of assess_measurement().
struct SCISSION_EXPORT MeasurementAssessment {
  std::vector<std::string> fine;       ///< models without a warning
  std::vector<WarningGroup> warnings;  ///< by kind, in the order of WarningKind
  /// Whether times can be relied on within their intervals: the machine was steady, and no whole
  /// model's 95 % interval is wider than ±5 % or, with fewer than 6 rounds, unknown.
  bool is_usable = true;
  /// "usable", "usable; …" with what to bear in mind, or "measure again: …" with the reasons.
  std::string text;
};

/// Judges these models of a profile; all of them if `models` is empty. O(models · warnings).
SCISSION_EXPORT MeasurementAssessment
assess_measurement(const SystemProfile& profile, const std::vector<std::string>& models = {});

}  // namespace scission
