#include "benchmark_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "open_model.hpp"
#include "scission/torchscript/image.hpp"
#include "scission/torchscript/runnable.hpp"
#include "scission/torchscript/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;
using torchscript::SplitOptions;
using Picture = std::shared_ptr<const torchscript::Image>;  ///< null when none was given

Picture given_picture(const Arguments& arguments) {
  if (arguments.count("image") == 0) return nullptr;
  return std::make_shared<torchscript::Image>(
      torchscript::load_image(arguments["image"].as<std::string>()));
}

at::Tensor picture_input(const Picture& picture, int width, int height,
                         torchscript::Preprocessing preprocessing, int batch) {
  const auto resized = torchscript::resize_nearest(*picture, width, height);
  return torchscript::to_tensor(resized, preprocessing, batch);
}

Job zoo_job(const torchscript::ZooModel& model, const Picture& picture, int batch,
            const SplitOptions& options) {
  return {model.name, [&model, picture, batch, options] {
            at::Tensor input =
                picture_input(picture, model.width, model.height, model.preprocessing, batch);
            return torchscript::make_runnable(torchscript::build_zoo_model(model.name), model.name,
                                              {std::move(input)}, options);
          }};
}

std::vector<std::string> zoo_names(const Arguments& arguments) {
  if (arguments.count("models")) return arguments["models"].as<std::vector<std::string>>();
  std::vector<std::string> names;
  for (const auto& model : torchscript::zoo_models()) names.push_back(model.name);
  return names;
}

std::vector<Job> zoo_jobs(const Arguments& arguments, const Picture& picture) {
  if (!picture) throw usage_error("the built-in models need a JPEG or PNG", "INPUT");
  if (arguments.count("input-shape")) throw usage_error("only with --model", "--input-shape");
  const int batch = count_of(arguments, "batch", 1);
  const SplitOptions options = split_options(arguments);
  std::vector<Job> jobs;
  for (const std::string& name : zoo_names(arguments)) {
    const bool is_twice =
        std::any_of(jobs.begin(), jobs.end(), [&](const Job& job) { return job.model == name; });
    if (is_twice) throw usage_error(fmt::format("'{}' is named twice", name), "--models");
    jobs.push_back(zoo_job(torchscript::find_zoo_model(name), picture, batch, options));
  }
  return jobs;
}

bool takes_an_image(const std::vector<InputSpec>& inputs) {
  return inputs.size() == 1 && inputs[0].shape.size() == 4 && inputs[0].shape[1] == 3 &&
         inputs[0].dtype == "float32";
}

at::Tensor shaped_input(const Picture& picture, const std::vector<InputSpec>& inputs) {
  if (!takes_an_image(inputs)) {
    throw usage_error("an image fits into N,3,H,W only; leave INPUT out for random numbers",
                      "--input-shape");
  }
  const std::vector<std::int64_t>& shape = inputs[0].shape;
  constexpr std::int64_t largest = 65'536;
  if (std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1 || n > largest; })) {
    throw usage_error(fmt::format("each number must be from 1 to {}", largest), "--input-shape");
  }
  return picture_input(picture, static_cast<int>(shape[3]), static_cast<int>(shape[2]),
                       torchscript::Preprocessing::torch, static_cast<int>(shape[0]));
}

ModelSource file_source(const Arguments& arguments) {
  ModelSource source = find_model(arguments);
  if (arguments.count("batch")) {
    const int batch = count_of(arguments, "batch", 1);
    for (InputSpec& input : source.inputs) {
      if (!input.shape.empty()) input.shape[0] = batch;
    }
  }
  return source;
}

Job file_job(const Arguments& arguments, const Picture& picture) {
  if (arguments.count("models")) throw usage_error("not together with --models", "--model");
  const SplitOptions options = split_options(arguments);
  const ModelSource source = file_source(arguments);
  return {source.name, [source, picture, options] {
            if (!picture) return torchscript::make_runnable(open_model(source, options));
            return torchscript::make_runnable(source.load(), source.name,
                                              {shaped_input(picture, source.inputs)}, options);
          }};
}

}  // namespace

Error usage_error(const std::string& message, const std::string& place) {
  return {ErrorCode::invalid_argument, message, place};
}

int count_of(const Arguments& arguments, const std::string& option, int least) {
  const int count = arguments[option].as<int>();
  if (count < least) throw usage_error(fmt::format("must be {} or more", least), "--" + option);
  return count;
}

std::vector<Job> make_jobs(const Arguments& arguments) {
  const Picture picture = given_picture(arguments);
  if (arguments.count("model")) return {file_job(arguments, picture)};
  return zoo_jobs(arguments, picture);
}

}  // namespace scission::apps
