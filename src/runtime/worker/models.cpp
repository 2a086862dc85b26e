#include "runtime/worker/models.hpp"

#include <fmt/format.h>

#include <utility>

#include "runtime/wire/tensor_contents.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_name_bytes = 1024;

void validate_types(const std::vector<TensorSpec>& tensors) {
  for (const TensorSpec& tensor : tensors) protocol_type(tensor.dtype);
}

}  // namespace

Models::Models(const WorkerOptions& options, std::function<void(const std::string&)> log)
    : load_(options.load),
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

std::shared_ptr<const ServedModel> Models::load(const NamedSegment& model) const {
  return std::make_shared<const ServedModel>(ServedModel{
      model.model, model.segment, load_(store_.file(model.segment.sha256), model.segment)});
}

std::shared_ptr<const ServedModel> Models::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : found->second;
}

std::vector<StoredModel> Models::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<StoredModel> list;
  for (const auto& [name, model] : models_) {
    list.push_back({name, model->segment.sha256, model->segment.bytes});
  }
  return list;
}

void Models::validate(const NamedSegment& model) const {
  if (model.model.empty() || model.model.size() > max_name_bytes) {
    throw Error(ErrorCode::invalid_argument, fmt::format("must have 1 to {} bytes", max_name_bytes),
                "model's name");
  }
  validate_types(model.segment.inputs);
  validate_types(model.segment.outputs);
  const std::lock_guard lock(mutex_);
  if (models_.count(model.model) == 0 && models_.size() >= static_cast<std::size_t>(limit_)) {
    throw Error(ErrorCode::infeasible,
                fmt::format("the limit of {} models is reached; drop some", limit_), "models");
  }
}

bool Models::is_served(const NamedSegment& model) const {
  const auto served = find(model.model);
  return served && served->segment == model.segment;
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

bool Models::drop(const std::string& name) {
  const std::lock_guard change(changes_);
  const bool was_there = store_.drop(name);
  std::shared_ptr<const ServedModel> dropped;
  const std::lock_guard lock(mutex_);
  models_[name].swap(dropped);
  models_.erase(name);
  return was_there;
}

}  // namespace scission::runtime
