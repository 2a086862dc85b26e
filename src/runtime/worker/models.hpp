// The models that a worker serves, and a request's tensors compared with a model's inputs and
// outputs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/worker/segment_store.hpp"
#include "scission/backend.hpp"
#include "scission/model.hpp"
#include "scission/runtime/wire/wire.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::runtime {

/// A loaded segment. A request that holds it can finish after the model was dropped.
struct ServedModel : NamedSegment {
  std::string given_name;             ///< see given_name()
  std::unique_ptr<StageModel> stage;  ///< for the computing thread only
};

/// The stored and loaded segments, by name. Thread-safe.
class Models {
 public:
  /// Loads the stored models; `log` gets a line for each model that is skipped. Throws Error(io).
  Models(const WorkerOptions& options, std::function<void(const std::string&)> log);

  /// Null when there is no model of the name.
  std::shared_ptr<const ServedModel> find(const std::string& name) const;

  /// The model of the name, or else the whole model that was given it. Throws Error(not_found)
  /// without such a model, and Error(infeasible) that names the models when only parts of a model,
  /// or different ones, have the given name.
  std::shared_ptr<const ServedModel> resolve(const std::string& name) const;

  std::vector<StoredModel> list() const;

  SegmentStore& store() { return store_; }

  /// Throws Error(invalid_argument) on a name or a segment that cannot be served,
  /// Error(unsupported) on a segment of a backend that is not there, and Error(infeasible) when the
  /// number of models is at its limit.
  void validate(const NamedSegment& model) const;

  /// Loads the segment, whose file must be in the store, and serves it under the name, replacing a
  /// model of the same name. When loading fails, throws as the loader and require_memory(), and
  /// deletes the file unless another model uses it.
  void serve(const NamedSegment& model);

  /// Removes the model of the name, or else those without a lease that were given it, the parts of
  /// one model for example, and returns their names.
  /// Throws Error(not_found) without a match, and Error(infeasible) where leases hold all of them.
  std::string drop_resolved(const std::string& name);

  /// False when there is no model of the name.
  bool drop(const std::string& name);

  std::vector<std::string> of_lease(const std::string& lease) const;  ///< names of its models
  std::set<std::string> leases() const;                               ///< that have models

 private:
  using Shared = std::shared_ptr<const ServedModel>;

  Shared load(const NamedSegment& model) const;
  std::vector<Shared> given(const std::string& name) const;
  bool is_served(const NamedSegment& model) const;

  const StageLoader load_;
  const std::vector<std::string> backends_;
  const int limit_;
  const std::function<void(const std::string&)> log_;
  SegmentStore store_;
  std::mutex changes_;        // held for a whole change, so that changes are serialised
  mutable std::mutex mutex_;  // guards models_
  std::map<std::string, std::shared_ptr<const ServedModel>> models_;
};

/// Whether the first dimension of every input and output is the batch, of which any size will do.
/// At the cuts of a model it may be elsewhere, or windows times batch.
bool has_free_batch(const ServedModel& model);

/// The inputs in the segment's order. Either all have the segment's names, in any order, or none
/// has a name. Types and numbers of dimensions must be the segment's; sizes are left to the model,
/// which may accept any batch. Throws Error(invalid_argument) that names the tensor.
std::vector<Tensor> arrange_inputs(std::vector<Tensor> inputs, const Segment& segment);

/// Throws Error(invalid_argument) on a name that is not an output of the segment, or occurs twice.
void validate_wanted(const std::vector<std::string>& wanted, const Segment& segment);

/// The outputs of these names, in this order; all outputs if `wanted` is empty.
std::vector<Tensor> select_outputs(std::vector<Tensor> outputs,
                                   const std::vector<std::string>& wanted);

}  // namespace scission::runtime
