#include "adapt/run_inputs.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/file.hpp"
#include "run/prepare.hpp"
#include "run/verify.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::apps {
namespace {

namespace fs = std::filesystem;
using runtime::AdaptiveInput;

constexpr std::size_t random_count = 4;  // several, so that exchanged answers are noticed

bool is_image(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  constexpr std::array known{".jpg", ".jpeg", ".png", ".bmp", ".ppm"};
  return std::find(known.begin(), known.end(), end) != known.end();
}

std::vector<std::string> images_in(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image(entry.path())) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) throw Error(ErrorCode::invalid_argument, "holds no image", folder.string());
  return paths;
}

std::vector<std::string> lines_of(const fs::path& list) {
  std::istringstream text(read_file(list));
  std::vector<std::string> paths;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) paths.push_back(line);
  }
  if (paths.empty()) throw Error(ErrorCode::invalid_argument, "lists no image", list.string());
  return paths;
}

}  // namespace

RunInputs::RunInputs(const RunRequest& request, const ModelSource& source)
    : request_(request), source_(source) {
  const std::string& inputs = request.inputs;
  if (inputs.empty() || inputs == "-") return;
  if (fs::is_directory(inputs)) {
    paths_ = images_in(inputs);
  } else if (is_image(inputs)) {
    paths_ = {inputs};
  } else {
    paths_ = lines_of(inputs);
  }
  for (const std::string& path : paths_) {
    if (fs::exists(path)) continue;
    throw Error(ErrorCode::not_found, "there is no such image file", path);
  }
  run::request_inputs(source,
                      paths_.front());  // checks that the model takes images, and the first one
}

std::shared_ptr<const AdaptiveInput> RunInputs::next() {
  if (request_.inputs.empty()) return next_random();
  const std::optional<std::string> path = next_path();
  return path ? read(*path) : nullptr;
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

std::shared_ptr<const AdaptiveInput> RunInputs::read(const std::string& path) const {
  return finished(path, run::request_inputs(source_, path));
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
  AdaptiveInput input{name, run::to_tensors(tensors), {}};
  if (request_.common.tolerance) input.expected = run::whole_outputs(source_, tensors);
  return std::make_shared<const AdaptiveInput>(std::move(input));
}

std::vector<Tensor> RunInputs::sample() const {
  return torchscript::random_tensors({source_.inputs});
}

}  // namespace scission::apps
