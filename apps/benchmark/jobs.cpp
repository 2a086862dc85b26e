#include "jobs.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "command_line.hpp"
#include "open_model.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;
using torchscript::RunOptions;
using torchscript::SplitOptions;
using Picture = std::shared_ptr<const torchscript::Image>;  ///< null when none was given

/// What all jobs have in common.
struct Setting {
  Picture picture;
  int batch = 1;
  std::optional<int> threads;
  SplitOptions split;
  RunOptions run;
};

Picture given_picture(const Arguments& arguments) {
  if (arguments.count("image") == 0) return nullptr;
  return std::make_shared<torchscript::Image>(
      torchscript::load_image(arguments["image"].as<std::string>()));
}

Setting make_setting(const Arguments& arguments, const Request& request) {
  return {given_picture(arguments),
          int_of(arguments, "batch", 1),
          request.threads,
          split_options(arguments),
          {request.device, request.is_optimized}};
}

void set_up_process(const Setting& setting) {
  torchscript::keep_freed_memory();
  if (setting.threads) torchscript::set_threads(*setting.threads);
}

at::Tensor picture_input(const Picture& picture, int width, int height,
                         torchscript::Preprocessing preprocessing, int batch) {
  const auto resized = torchscript::resize_nearest(*picture, width, height);
  return torchscript::to_tensor(resized, preprocessing, batch);
}

at::Tensor random_input(const torchscript::ZooModel& model, int batch) {
  return torchscript::random_inputs({{{{batch, model.channels, model.height, model.width}}}})[0];
}

BenchmarkModel zoo_job(const torchscript::ZooModel& model, const Setting& setting) {
  const auto make = [&model, setting] {
    set_up_process(setting);
    at::Tensor input = setting.picture ? picture_input(setting.picture, model.width, model.height,
                                                       model.preprocessing, setting.batch)
                                       : random_input(model, setting.batch);
    return torchscript::make_runnable(torchscript::build_zoo_model(model.name), model.name,
                                      {std::move(input)}, setting.split, setting.run);
  };
  return {model.name, {setting.batch, model.channels, model.height, model.width}, make};
}

bool is_of_the_original(const std::string& model) { return model != "alexnet" && model != "lenet"; }

std::vector<std::string> zoo_names(const Arguments& arguments) {
  Words names = words_of(arguments, "models");
  const bool takes_all = names == std::vector<std::string>{"all"};
  if (!names.empty() && !takes_all) return names;
  names.clear();
  for (const auto& model : torchscript::zoo_models()) {
    if (takes_all || is_of_the_original(model.name)) names.push_back(model.name);
  }
  return names;
}

std::vector<BenchmarkModel> zoo_jobs(const Arguments& arguments, const Setting& setting) {
  if (arguments.count("input-shape")) throw usage_error("only with --model", "--input-shape");
  std::vector<BenchmarkModel> jobs;
  for (const std::string& name : zoo_names(arguments)) {
    const bool is_twice = std::any_of(jobs.begin(), jobs.end(),
                                      [&](const BenchmarkModel& job) { return job.name == name; });
    if (is_twice) throw usage_error(fmt::format("'{}' is named twice", name), "--models");
    jobs.push_back(zoo_job(torchscript::find_zoo_model(name), setting));
  }
  return jobs;
}

bool takes_an_image(const std::vector<InputSpec>& inputs) {
  return inputs.size() == 1 && inputs[0].shape.size() == 4 && inputs[0].shape[1] == 3 &&
         inputs[0].dtype == "float32";
}

void check_picture_fits(const std::vector<InputSpec>& inputs) {
  if (!takes_an_image(inputs)) {
    throw usage_error("an image fits into N,3,H,W only; leave INPUT out for random numbers",
                      "--input-shape");
  }
  constexpr std::int64_t largest = 65'536;
  const std::vector<std::int64_t>& shape = inputs[0].shape;
  if (std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1 || n > largest; })) {
    throw usage_error(fmt::format("each number must be from 1 to {}", largest), "--input-shape");
  }
}

at::Tensor shaped_input(const Picture& picture, const std::vector<std::int64_t>& shape) {
  return picture_input(picture, static_cast<int>(shape[3]), static_cast<int>(shape[2]),
                       torchscript::Preprocessing::torch, static_cast<int>(shape[0]));
}

ModelSource file_source(const Arguments& arguments) {
  ModelSource source = find_model(arguments);
  if (arguments.count("batch")) {
    const int batch = int_of(arguments, "batch", 1);
    for (InputSpec& input : source.inputs) {
      if (!input.shape.empty()) input.shape[0] = batch;
    }
  }
  return source;
}

BenchmarkModel file_job(const Arguments& arguments, const Setting& setting) {
  if (arguments.count("models")) throw usage_error("not together with --models", "--model");
  const ModelSource source = file_source(arguments);
  if (setting.picture) check_picture_fits(source.inputs);
  const auto make = [source, setting] {
    set_up_process(setting);
    if (!setting.picture) {
      return torchscript::make_runnable(open_model(source, setting.split), setting.run);
    }
    return torchscript::make_runnable(source.load(), source.name,
                                      {shaped_input(setting.picture, source.inputs[0].shape)},
                                      setting.split, setting.run);
  };
  return {source.name, source.inputs.empty() ? std::vector<std::int64_t>() : source.inputs[0].shape,
          make};
}

}  // namespace

void add_job_options(cxxopts::Options& options) {
  options.add_options()  //
      ("models",
       "built-in models (scission-zoo list), separated by commas, or all (default: the 18 of the "
       "original)",
       cxxopts::value<std::vector<std::string>>(), "A,B")  //
      ("model", "TorchScript file to measure instead of built-in models",
       cxxopts::value<std::string>(), "FILE.pt");
  add_split_options(options);
}

std::vector<ModelSource> asked_models(const Arguments& arguments) {
  if (arguments.count("model")) return {file_source(arguments)};
  std::vector<ModelSource> models;
  for (const std::string& name : zoo_names(arguments)) {
    models.push_back({torchscript::find_zoo_model(name).name, {}, {}});
  }
  return models;
}

std::string split_text(const Arguments& arguments) {
  const SplitOptions split = split_options(arguments);
  const std::string text = fmt::format("{} cuts, {} grain", to_string(split.cuts),
                                       torchscript::to_string(split.granularity));
  return split.order ? text + ", " + to_string(*split.order) + " order" : text;
}

std::vector<BenchmarkModel> make_jobs(const Arguments& arguments, const Request& request) {
  const Setting setting = make_setting(arguments, request);
  if (arguments.count("model")) return {file_job(arguments, setting)};
  return zoo_jobs(arguments, setting);
}

}  // namespace scission::apps
