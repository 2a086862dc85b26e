#include "runtime/worker/models.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/require.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

void validate_types(const std::vector<TensorSpec>& tensors) {
  for (const TensorSpec& tensor : tensors) protocol_type(tensor.dtype);
}

std::string names_of(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const TensorSpec& spec : specs) names += (names.empty() ? "" : ", ") + spec.name;
  return names;
}

// Segments of old clients name no backend.
void validate_backend(const Segment& segment, const std::vector<std::string>& known) {
  const bool is_known = std::find(known.begin(), known.end(), segment.backend) != known.end();
  if (known.empty() || segment.backend.empty() || is_known) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("this worker has no backend {}, only {}; install a Scission there that "
                          "is built with {}",
                          segment.backend, fmt::join(known, " and "), segment.backend),
              segment.file);
}

std::string names_of(const std::vector<std::shared_ptr<const ServedModel>>& models) {
  std::string names;
  for (const auto& model : models) names += (names.empty() ? "" : ", ") + model->model;
  return names;
}

Error not_deployed(const std::string& name) {
  return {ErrorCode::not_found, "is not deployed on this worker", "model " + name};
}

bool are_nameless(const std::vector<Tensor>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const Tensor& tensor) { return tensor.name.empty(); });
}

void validate_count(std::size_t count, const Segment& segment) {
  if (count == segment.inputs.size()) return;
  throw_invalid_argument(fmt::format("has {} tensors; the model takes {}: {}", count,
                                     segment.inputs.size(), names_of(segment.inputs)),
                         "inputs");
}

void validate_fit(const Tensor& tensor, const TensorSpec& spec) {
  const std::string place = "tensor " + spec.name;
  if (tensor.dtype != spec.dtype) {
    throw_invalid_argument(fmt::format("has type {}; the model takes {}", tensor.dtype, spec.dtype),
                           place);
  }
  if (tensor.shape.size() != spec.shape.size()) {
    throw_invalid_argument(fmt::format("has {} dimensions; the model takes {}", tensor.shape.size(),
                                       spec.shape.size()),
                           place);
  }
}

Tensor take(std::vector<Tensor>& tensors, const TensorSpec& spec) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == spec.name; });
  if (found == tensors.end()) throw_invalid_argument("is missing", "tensor " + spec.name);
  Tensor taken = std::move(*found);
  tensors.erase(found);
  return taken;
}

bool has_output(const Segment& segment, const std::string& name) {
  return std::any_of(segment.outputs.begin(), segment.outputs.end(),
                     [&](const TensorSpec& spec) { return spec.name == name; });
}

}  // namespace

Models::Models(const WorkerOptions& options, std::function<void(const std::string&)> log)
    : load_(options.load),
      backends_(options.backends),
      limit_(options.limits.models),
      log_(std::move(log)),
      store_(options.store, options.limits) {
  for (const NamedSegment& model : store_.restore(log_)) {
    try {
      validate(model);
      models_[model.model] = load(model);
    } catch (const std::exception& error) {
      log_(fmt::format("skipped: {}: {}", model.model, error.what()));
    }
  }
}

Models::Shared Models::load(const NamedSegment& model) const {
  require_memory(model.segment.bytes);
  return std::make_shared<const ServedModel>(ServedModel{
      model, given_name(model), load_(store_.file(model.segment.sha256), model.segment)});
}

std::shared_ptr<const ServedModel> Models::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : found->second;
}

std::vector<Models::Shared> Models::given(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::vector<Shared> found;
  for (const auto& [served, model] : models_) {
    if (model->given_name == name) found.push_back(model);
  }
  return found;
}

Models::Shared Models::resolve(const std::string& name) const {
  if (name.empty()) throw_invalid_argument("is empty; name a deployed model", "model_name");
  if (Shared exact = find(name)) return exact;
  const std::vector<Shared> found = given(name);
  if (found.empty()) throw not_deployed(name);
  std::vector<Shared> whole = found;
  std::erase_if(whole, [](const Shared& model) { return !model->is_whole; });
  if (whole.empty()) {
    throw Error(ErrorCode::infeasible,
                "is here in parts only, each of which has a name: " + names_of(found),
                "model " + name);
  }
  const bool are_same = std::all_of(whole.begin(), whole.end(), [&](const Shared& model) {
    return model->segment.sha256 == whole.front()->segment.sha256;
  });
  if (are_same) return whole.front();
  throw Error(ErrorCode::infeasible, "may be any of " + names_of(whole) + "; name one of them",
              "model " + name);
}

std::vector<StoredModel> Models::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<StoredModel> list;
  for (const auto& [name, model] : models_) {
    list.push_back({name, model->segment.sha256, model->segment.bytes, model->given_name,
                    model->is_whole, model->lease});
  }
  return list;
}

void Models::validate(const NamedSegment& model) const {
  if (model.model.empty() || model.model.size() > max_name_bytes) {
    throw_invalid_argument(fmt::format("must have 1 to {} bytes", max_name_bytes), "model's name");
  }
  validate_types(model.segment.inputs);
  validate_types(model.segment.outputs);
  validate_backend(model.segment, backends_);
  const std::lock_guard lock(mutex_);
  if (models_.count(model.model) == 0 && models_.size() >= static_cast<std::size_t>(limit_)) {
    throw Error(ErrorCode::infeasible,
                fmt::format("the limit of {} models is reached; drop some", limit_), "models");
  }
}

bool Models::is_served(const NamedSegment& model) const {
  const Shared served = find(model.model);
  return served && static_cast<const NamedSegment&>(*served) == model;
}

void Models::serve(const NamedSegment& model) {
  const std::lock_guard change(changes_);
  if (is_served(model)) return;
  std::shared_ptr<const ServedModel> loaded;
  try {
    validate(model);
    loaded = load(model);
    store_.keep(model);
  } catch (...) {
    store_.discard_unused(model.segment.sha256);
    throw;
  }
  const std::lock_guard lock(mutex_);
  models_[model.model].swap(loaded);  // the previous one is destroyed after the lock
}

std::string Models::drop_resolved(const std::string& name) {
  if (drop(name)) return name;
  std::vector<Shared> found = given(name);
  if (found.empty()) throw not_deployed(name);
  const std::string all = names_of(found);
  std::erase_if(found, [](const Shared& model) { return !model->lease.empty(); });
  if (found.empty()) {
    throw Error(ErrorCode::infeasible,
                "is deployed under leases, which end by themselves: " + all + "; name one of them",
                "model " + name);
  }
  for (const Shared& model : found) drop(model->model);
  return names_of(found);
}

bool Models::drop(const std::string& name) {
  const std::lock_guard change(changes_);
  const bool was_there = store_.drop(name);
  std::shared_ptr<const ServedModel> dropped;
  const std::lock_guard lock(mutex_);
  models_[name].swap(dropped);
  models_.erase(name);
  return was_there;
}

std::vector<std::string> Models::of_lease(const std::string& lease) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, model] : models_) {
    if (model->lease == lease) names.push_back(name);
  }
  return names;
}

std::set<std::string> Models::leases() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> leases;
  for (const auto& [name, model] : models_) {
    if (!model->lease.empty()) leases.insert(model->lease);
  }
  return leases;
}

bool has_free_batch(const ServedModel& model) {
  if (!model.is_whole || !model.any_batch) return false;
  std::vector<TensorSpec> specs = model.segment.inputs;
  specs.insert(specs.end(), model.segment.outputs.begin(), model.segment.outputs.end());
  return std::all_of(specs.begin(), specs.end(), [&](const TensorSpec& spec) {
    return !spec.shape.empty() && !specs.front().shape.empty() &&
           spec.shape.front() == specs.front().shape.front();
  });
}

std::vector<Tensor> arrange_inputs(std::vector<Tensor> inputs, const Segment& segment) {
  validate_count(inputs.size(), segment);
  std::vector<Tensor> arranged;
  if (are_nameless(inputs)) {
    arranged = std::move(inputs);
  } else {
    for (const TensorSpec& spec : segment.inputs) arranged.push_back(take(inputs, spec));
  }
  for (std::size_t i = 0; i < arranged.size(); ++i) validate_fit(arranged[i], segment.inputs[i]);
  return arranged;
}

void validate_wanted(const std::vector<std::string>& wanted, const Segment& segment) {
  std::set<std::string> seen;
  for (const std::string& name : wanted) {
    if (!has_output(segment, name)) {
      throw_invalid_argument(
          "is not an output of the model; its outputs are: " + names_of(segment.outputs),
          "tensor " + name);
    }
    if (!seen.insert(name).second) throw_invalid_argument("is requested twice", "tensor " + name);
  }
}

std::vector<Tensor> select_outputs(std::vector<Tensor> outputs,
                                   const std::vector<std::string>& wanted) {
  if (wanted.empty()) return outputs;
  std::vector<Tensor> selected;
  for (const std::string& name : wanted) {
    const auto found = std::find_if(outputs.begin(), outputs.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    if (found == outputs.end())
      throw_invalid_argument("is missing in the model's outputs", "tensor " + name);
    selected.push_back(*found);
  }
  return selected;
}

}  // namespace scission::runtime
