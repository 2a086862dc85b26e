// The result of measuring and the input of the search, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/stats/statistics.hpp"

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
  std::vector<double> samples = {};        ///< seconds per round, in order; not in the JSON
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

  Interval whole_interval;            ///< 95 % interval of `whole_seconds`; 0, 0 if unknown
  Interval sum_ratio_interval;        ///< 95 % interval of blocks_seconds() ÷ whole_seconds
  double cold_seconds = 0;            ///< first run of the whole model; 0 if unknown
  double load_seconds = 0;            ///< loading or building, and splitting; 0 if unknown
  double measuring_seconds = 0;       ///< from the first run to the last; 0 if unknown
  std::vector<double> whole_samples;  ///< seconds per round, in order; not in the JSON
  std::int64_t weight_bytes = 0;      ///< of the whole model, shared weights once; 0 if unknown
  std::int64_t peak_activation_bytes = 0;  ///< of the whole model; 0 if unknown
  std::int64_t peak_rss_bytes = 0;         ///< of the measuring process; 0 if unknown
  std::vector<std::string> warnings;       ///< about the quality of the measurement

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

/// This machine: host, os, cpu, cores, memory_bytes, tool_version and date.
SCISSION_EXPORT HostContext this_host();

/// Throws Error(damaged, place) unless the blocks are contiguous from layer 0, all times are from 0
/// to 10¹² s, and all sizes are ≥ 0.
SCISSION_EXPORT void validate(const ModelProfile& profile, const std::string& place);

}  // namespace scission
