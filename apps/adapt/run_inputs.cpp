// The inputs of requests of scission-adapt run.
#include <ATen/core/Tensor.h>
#include <torch/script.h>

#include <iostream>

#include "adapt/run.hpp"
#include "run/prepare.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::apps {
namespace {

using runtime::AdaptiveInput;

constexpr std::size_t random_count = 4;  // several, so that exchanged answers are noticed

}  // namespace

RunInputs::RunInputs(const RunRequest& request, const ModelSource& source)
    : request_(request), source_(source) {
  const std::string& inputs = request.inputs;
  if (inputs.empty() || inputs == "-") return;
  paths_ = torchscript::image_paths(inputs);
  run::request_inputs(source, paths_.front());  // the model takes images, and this is one
}

std::shared_ptr<const AdaptiveInput> RunInputs::next() {
  if (request_.inputs.empty()) return next_random();
  const std::optional<std::string> path = next_path();
  return path ? finished(*path, run::request_inputs(source_, *path)) : nullptr;
}

std::optional<std::string> RunInputs::next_path() {
  if (request_.inputs == "-") {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (!line.empty()) return line;
    }
    return std::nullopt;
  }
  if (next_ == paths_.size() && request_.repeats) next_ = 0;
  if (next_ == paths_.size()) return std::nullopt;
  return paths_[next_++];
}

std::shared_ptr<const AdaptiveInput> RunInputs::next_random() {
  const std::size_t number = next_++ % random_count;
  if (number == random_.size()) {
    random_.push_back(finished("random-" + std::to_string(number),
                               torchscript::random_inputs({source_.inputs, number})));
  }
  return random_[number];
}

std::shared_ptr<const AdaptiveInput> RunInputs::finished(
    const std::string& name, const std::vector<at::Tensor>& tensors) const {
  AdaptiveInput input{name, torchscript::to_tensors(tensors), {}};
  if (request_.common.tolerance) {
    input.expected = torchscript::whole_outputs(source_.load(), source_.name, tensors);
  }
  return std::make_shared<const AdaptiveInput>(std::move(input));
}

std::vector<Tensor> RunInputs::sample() const {
  return torchscript::random_tensors({source_.inputs});
}

}  // namespace scission::apps
