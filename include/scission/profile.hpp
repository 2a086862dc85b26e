// What measuring leaves behind and searching starts from: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/cuts.hpp"
#include "scission/statistics.hpp"

namespace scission {

/// One block's measurement. Seconds are of one run on the profile's batch.
struct BlockTiming {
  Block block;
  double seconds = 0;                      ///< what the search uses; measure.hpp says which mean
  Summary summary;                         ///< count 0 where the source file has only a mean
  std::string layer_types;                 ///< separated by spaces; empty where unknown
  std::int64_t parameters = 0;             ///< 0 where unknown
  std::int64_t weight_bytes = 0;           ///< what the block's weights take; 0 where unknown
  std::int64_t peak_activation_bytes = 0;  ///< most that its values take at once; 0 where unknown
};

/// One model's measurement on one system.
struct ModelProfile {
  std::string model;
  std::vector<BlockTiming> blocks;  ///< contiguous from layer 0
  double whole_seconds = 0;         ///< the unsplit model; 0 where unknown
  Summary whole;
  std::vector<std::int64_t> input_shape;  ///< with the batch in front; empty where unknown
  int warmup = 0;                         ///< rounds run before the first that counts
  int repetitions = 0;                    ///< rounds that count

  double blocks_seconds() const;  ///< sum of the blocks' seconds
};

/// Where and how a profile was measured. Empty or 0 where unknown.
struct HostContext {
  std::string host;
  std::string os;
  std::string cpu;
  int cores = 0;    ///< logical processors that the process may use
  int threads = 0;  ///< threads of one operation
  std::int64_t memory_bytes = 0;
  std::string backend;
  std::string backend_version;
  std::string tool_version;
  std::string date;  ///< ISO 8601, UTC
};

/// One system's profiles: the contents of PLATFORM-NAME.json.
struct SystemProfile {
  std::string platform;  ///< device, edge, cloud, or any word of the user's
  std::string name;
  HostContext host;
  std::vector<ModelProfile> models;

  /// nullptr when the system has not measured that model.
  const ModelProfile* find(const std::string& model) const;
};

/// This machine, now: host, os, cpu, cores, memory and date filled in.
HostContext this_host();

/// Throws Error(damaged, place) unless the blocks are contiguous from layer 0, every time is
/// from 0 to 10¹² s, and every size is ≥ 0.
void validate(const ModelProfile& profile, const std::string& place);

}  // namespace scission
