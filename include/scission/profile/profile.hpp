// What measuring leaves behind and searching starts from: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// One block's measurement. Seconds are of one run on the profile's batch.
struct SCISSION_EXPORT BlockTiming {
  Block block;
  double seconds = 0;                      ///< what the search uses; measure.hpp says which mean
  Summary summary;                         ///< count 0 where the source file has only a mean
  std::string layer_types;                 ///< separated by spaces; empty where unknown
  std::int64_t parameters = 0;             ///< 0 where unknown
  std::int64_t weight_bytes = 0;           ///< what the block's weights take; 0 where unknown
  std::int64_t peak_activation_bytes = 0;  ///< most that its values take at once; 0 where unknown
  std::int64_t flops = 0;                  ///< of one run; 0 where unknown
  Interval interval = {};                  ///< 95 % confidence interval of `seconds`; 0, 0: unknown
  double cold_seconds = 0;                 ///< the first run in the process; 0 where unknown
  std::vector<double> samples = {};        ///< seconds, a round each, in order; not in the JSON
};

/// One model's measurement on one system.
struct SCISSION_EXPORT ModelProfile {
  std::string model;
  std::vector<BlockTiming> blocks;  ///< contiguous from layer 0
  double whole_seconds = 0;         ///< the unsplit model; 0 where unknown
  Summary whole;
  std::vector<std::int64_t> input_shape;  ///< with the batch in front; empty where unknown
  int warmup = 0;                         ///< rounds run before the first that counts
  int repetitions = 0;                    ///< rounds that count
  /// The rounds that count of each process that measured it, in order (measure.hpp); they add up to
  /// `repetitions`. Empty: of one process, or unknown.
  std::vector<int> passes;

  Interval whole_interval;       ///< 95 % confidence interval of `whole_seconds`; 0, 0: unknown
  Interval sum_ratio_interval;   ///< the same of blocks_seconds() ÷ whole_seconds
  double cold_seconds = 0;       ///< the whole model's first run; 0 where unknown
  double load_seconds = 0;       ///< reading or building, and splitting; 0 where unknown
  double measuring_seconds = 0;  ///< from the first run to the last; 0 where unknown
  std::vector<double> whole_samples;  ///< seconds, a round each, in order; not in the JSON
  std::int64_t weight_bytes = 0;      ///< of the whole model, each weight once; 0 where unknown
  std::int64_t peak_activation_bytes = 0;  ///< of the whole model; 0 where unknown
  std::int64_t peak_rss_bytes = 0;         ///< of the process that measured it; 0 where unknown
  std::vector<std::string> warnings;       ///< why these figures are to be doubted; a sentence each

  int layers() const;             ///< one more than the last block's last layer
  double blocks_seconds() const;  ///< sum of the blocks' seconds
  /// The widest 95 % interval of a median, relative to it, of the whole model and of the blocks
  /// that take over 1 % of the blocks' sum. Nothing for fewer than 6 rounds: no interval of theirs
  /// covers 95 %.
  std::optional<double> precision() const;
  double difference() const;  ///< of that sum from the whole, relative to the whole; 0: unknown
};

/// Where and how a profile was measured. Empty or 0 where unknown.
struct SCISSION_EXPORT HostContext {
  std::string host;
  std::string os;
  std::string cpu;
  int cores = 0;    ///< logical processors that the process may use
  int threads = 0;  ///< threads of one operation
  std::int64_t memory_bytes = 0;
  std::string backend;
  std::string backend_version;
  std::string tool_version;
  std::string date;               ///< ISO 8601, UTC
  std::string device = {};        ///< what it ran on: cpu, cuda:0
  bool is_optimized = false;      ///< with the backend's optimisations for inference
  std::string split = {};         ///< how models were cut: "single cuts, layer grain"
  std::string stress = {};        ///< that it was measured under: "cpu=50,memory=50"
  double clock_resolution_s = 0;  ///< smallest step of the clock that was seen
  double clock_overhead_s = 0;    ///< what reading it takes
};

/// One system's profiles: the contents of PLATFORM-NAME.json.
struct SCISSION_EXPORT SystemProfile {
  std::string platform;  ///< device, edge, cloud, or any word of the user's
  std::string name;
  HostContext host;
  std::vector<ModelProfile> models;

  /// nullptr when the system has not measured that model.
  const ModelProfile* find(const std::string& model) const;
};

/// Names of all models in the profiles, sorted, without duplicates.
SCISSION_EXPORT std::vector<std::string> known_models(const std::vector<SystemProfile>& profiles);

/// This machine, now: host, os, cpu, cores, memory and date filled in.
SCISSION_EXPORT HostContext this_host();

/// Throws Error(damaged, place) unless the blocks are contiguous from layer 0, every time is
/// from 0 to 10¹² s, and every size is ≥ 0.
SCISSION_EXPORT void validate(const ModelProfile& profile, const std::string& place);

}  // namespace scission
