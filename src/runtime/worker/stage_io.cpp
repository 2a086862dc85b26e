#include "runtime/worker/stage_io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

Error misfit(const std::string& message, const std::string& place) {
  return {ErrorCode::invalid_argument, message, place};
}

std::string names_of(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const TensorSpec& spec : specs) names += (names.empty() ? "" : ", ") + spec.name;
  return names;
}

bool are_nameless(const std::vector<Tensor>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const Tensor& tensor) { return tensor.name.empty(); });
}

void validate_count(std::size_t count, const Segment& segment) {
  if (count == segment.inputs.size()) return;
  throw misfit(fmt::format("has {} tensors; the model takes {}: {}", count, segment.inputs.size(),
                           names_of(segment.inputs)),
               "inputs");
}

void validate_fit(const Tensor& tensor, const TensorSpec& spec) {
  const std::string place = "tensor " + spec.name;
  if (tensor.dtype != spec.dtype) {
    throw misfit(fmt::format("has type {}; the model takes {}", tensor.dtype, spec.dtype), place);
  }
  if (tensor.shape.size() != spec.shape.size()) {
    throw misfit(fmt::format("has {} dimensions; the model takes {}", tensor.shape.size(),
                             spec.shape.size()),
                 place);
  }
}

Tensor take(std::vector<Tensor>& tensors, const TensorSpec& spec) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == spec.name; });
  if (found == tensors.end()) throw misfit("is missing", "tensor " + spec.name);
  Tensor taken = std::move(*found);
  tensors.erase(found);
  return taken;
}

bool has_output(const Segment& segment, const std::string& name) {
  return std::any_of(segment.outputs.begin(), segment.outputs.end(),
                     [&](const TensorSpec& spec) { return spec.name == name; });
}

}  // namespace

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
      throw misfit("is not an output of the model; its outputs are: " + names_of(segment.outputs),
                   "tensor " + name);
    }
    if (!seen.insert(name).second) throw misfit("is requested twice", "tensor " + name);
  }
}

std::vector<Tensor> select_outputs(std::vector<Tensor> outputs,
                                   const std::vector<std::string>& wanted) {
  if (wanted.empty()) return outputs;
  std::vector<Tensor> selected;
  for (const std::string& name : wanted) {
    const auto found = std::find_if(outputs.begin(), outputs.end(),
                                    [&](const Tensor& tensor) { return tensor.name == name; });
    if (found == outputs.end()) throw misfit("is missing in the model's outputs", "tensor " + name);
    selected.push_back(*found);
  }
  return selected;
}

}  // namespace scission::runtime
