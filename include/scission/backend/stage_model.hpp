// A loaded segment, and loaders that warm it up or slow it down.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"

namespace scission {

/// A loaded segment. Not thread-safe, but not bound to the thread that loaded it.
class SCISSION_EXPORT StageModel {
 public:
  virtual ~StageModel() = default;

  /// Takes the segment's inputs and returns its outputs, both in the manifest's order. The names of
  /// the inputs are ignored; the outputs have the names of the manifest.
  /// Throws Error(mismatch) when the model does not accept these tensors.
  virtual std::vector<Tensor> run(std::vector<Tensor> inputs) = 0;
};

/// Loads a segment's file. Several threads may call it at once, and the stage may run on another
/// thread than the one that loaded it. Throws Error(not_found | damaged | unsupported).
using StageLoader = std::function<std::unique_ptr<StageModel>(const std::filesystem::path& file,
                                                              const Segment& segment)>;

/// A loader that calls `load` and then runs the stage once on zeros, so that no request pays for
/// the work of a first run, which for some models takes several times as long as any later one.
/// Loading and that run happen on a separate thread with lower priority (nice 10), since other
/// stages may be running; that thread calls `on_thread` first, for a backend's per-thread settings.
/// A stage that fails on zeros is returned all the same. Throws what `load` throws.
SCISSION_EXPORT StageLoader with_warmup(StageLoader load, std::function<void()> on_thread = {});

/// A loader of stages that emulate a slower machine: each run takes 1 / `speed` times as long, and
/// sleeps for most of the added time, so that other systems emulated on this machine can compute
/// meanwhile. Unlike a CPU quota it allows no bursts.
/// Throws Error(invalid_argument) unless 0 < speed ≤ 1.
SCISSION_EXPORT StageLoader throttled(StageLoader load, double speed);

/// Seconds on a monotonic clock that runs 1 / `speed` times as fast, so that measured times are
/// those of a slower machine; for MeasureOptions::clock. Waiting after each block instead would
/// distort the measurement: after a pause of a millisecond a block takes up to 50 % longer.
/// Throws Error(invalid_argument) unless 0 < speed ≤ 1.
SCISSION_EXPORT std::function<double()> scaled_clock(double speed);

}  // namespace scission
