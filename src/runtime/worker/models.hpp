// The models that a worker serves.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/worker/segment_store.hpp"
#include "scission/backend/stage_model.hpp"
#include "scission/runtime/wire/calls.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// A segment that is loaded. Whoever holds it may go on with it after it was dropped.
struct ServedModel {
  std::string name;
  Segment segment;
  std::unique_ptr<StageModel> stage;  ///< for the computing thread only
};

/// Segments by name, on the disk and loaded. Thread-safe.
class Models {
 public:
  /// Loads what the store has; `tell` has a line for each model that is left out. Throws Error(io).
  Models(const WorkerOptions& options, std::function<void(const std::string&)> tell);

  /// Null when there is none of the name.
  std::shared_ptr<const ServedModel> find(const std::string& name) const;
  std::vector<StoredModel> list() const;

  SegmentStore& store() { return store_; }

  /// Throws Error(invalid_argument) on a name or a segment that cannot be served, and
  /// Error(infeasible) on one model too many.
  void check(const NamedSegment& model) const;

  /// Loads the segment, whose file is in the store, and serves it from now on under the name, even
  /// where that was another's. When it cannot be loaded, throws as the loader does, and the file is
  /// deleted unless another model uses it.
  void serve(const NamedSegment& model);

  /// False when there is none of the name.
  bool drop(const std::string& name);

 private:
  std::shared_ptr<const ServedModel> load(const NamedSegment& model) const;
  bool is_served(const NamedSegment& model) const;

  const StageLoader load_;
  const int most_;
  const std::function<void(const std::string&)> tell_;
  SegmentStore store_;
  std::mutex changes_;        // held through a change as a whole, so that they come one by one
  mutable std::mutex mutex_;  // for the table
  std::map<std::string, std::shared_ptr<const ServedModel>> models_;
};

}  // namespace scission::runtime
