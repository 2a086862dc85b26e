#include "adapt/run/input_stream.hpp"

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

namespace scission::adaptive_run {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t random_inputs = 4;  // different ones, so that mixed-up answers are seen

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

InputStream::InputStream(const RunRequest& request, const apps::ModelSource& source)
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
  run::request_inputs(source, paths_.front());  // whether the model takes images, and this is one
}

std::shared_ptr<const Input> InputStream::next() {
  if (request_.inputs.empty()) return next_random();
  const std::optional<std::string> path = next_path();
  return path ? read(*path) : nullptr;
}

std::optional<std::string> InputStream::next_path() {
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

std::shared_ptr<const Input> InputStream::read(const std::string& path) const {
  return finished(path, run::request_inputs(source_, path));
}

std::shared_ptr<const Input> InputStream::next_random() {
  const std::size_t number = next_++ % random_inputs;
  if (number == random_.size()) {
    random_.push_back(finished("random-" + std::to_string(number),
                               torchscript::random_inputs({source_.inputs, number})));
  }
  return random_[number];
}

std::shared_ptr<const Input> InputStream::finished(const std::string& name,
                                                   const std::vector<at::Tensor>& tensors) const {
  Input input{name, run::to_tensors(tensors), {}};
  if (request_.common.tolerance) input.expected = run::whole_outputs(source_, tensors);
  return std::make_shared<const Input>(std::move(input));
}

std::vector<Tensor> InputStream::sample() const {
  return torchscript::random_tensors({source_.inputs});
}

}  // namespace scission::adaptive_run
