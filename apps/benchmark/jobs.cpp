#include "jobs.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "command_line.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;
using Picture = std::shared_ptr<const torchscript::Image>;  ///< null when none was given

/// What all jobs have in common.
struct Setting {
  Picture picture;
  std::optional<int> threads;
  torchscript::SplitOptions split;
  torchscript::RunOptions run;
};

Setting make_setting(const Arguments& arguments, const Request& request) {
  Picture picture;
  if (arguments.count("image")) {
    picture = std::make_shared<torchscript::Image>(
        torchscript::load_image(arguments["image"].as<std::string>()));
  }
  return {std::move(picture),
          request.threads,
          split_options(arguments),
          {request.device, request.is_optimized}};
}

std::unique_ptr<Runnable> make_runnable(const ModelSource& source, const Setting& setting) {
  torchscript::keep_freed_memory();
  if (setting.threads) torchscript::set_threads(*setting.threads);
  if (!setting.picture) {
    return torchscript::make_runnable(open_model(source, setting.split), setting.run);
  }
  return torchscript::make_runnable(source.load(), source.name,
                                    {image_input(source, *setting.picture)}, setting.split,
                                    setting.run);
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

std::vector<ModelSource> zoo_sources(const Arguments& arguments) {
  for (const char* option : {"input-shape", "input-files"}) {
    if (arguments.count(option))
      throw usage_error("only with --model", fmt::format("--{}", option));
  }
  const int batch = int_of(arguments, "batch", 1);
  std::vector<ModelSource> sources;
  for (const std::string& name : zoo_names(arguments)) {
    const torchscript::ZooModel& model = torchscript::find_zoo_model(name);
    const bool is_twice = std::any_of(sources.begin(), sources.end(), [&](const ModelSource& one) {
      return one.name == model.name;
    });
    if (is_twice) throw usage_error(fmt::format("'{}' is named twice", name), "--models");
    sources.push_back({model.name, {}, {{{batch, model.channels, model.height, model.width}}}});
  }
  return sources;
}

ModelSource file_source(const Arguments& arguments) {
  if (arguments.count("models")) throw usage_error("not together with --models", "--model");
  ModelSource source = find_model(arguments);
  if (arguments.count("batch")) {
    const int batch = int_of(arguments, "batch", 1);
    for (InputSpec& input : source.inputs) {
      const auto rank = static_cast<int>(input.shape.size());
      const int dimension = input.batch_dimension;
      if (dimension >= 0 && dimension < rank) input.shape[dimension] = batch;
    }
  }
  return source;
}

void check_picture_fits(const ModelSource& source) {
  if (!takes_an_image(source)) {
    throw usage_error("an image fits into N,3,H,W only; leave INPUT out for random numbers",
                      "--input-shape");
  }
  constexpr std::int64_t largest = 65'536;
  const std::vector<std::int64_t>& shape = source.inputs[0].shape;
  if (std::any_of(shape.begin(), shape.end(), [](auto n) { return n < 1 || n > largest; })) {
    throw usage_error(fmt::format("each number must be from 1 to {}", largest), "--input-shape");
  }
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
  add_input_files_option(options);
}

std::vector<ModelSource> asked_models(const Arguments& arguments) {
  if (arguments.count("model")) return {file_source(arguments)};
  return zoo_sources(arguments);
}

std::string split_text(const Arguments& arguments) {
  const torchscript::SplitOptions split = split_options(arguments);
  const std::string text =
      fmt::format("{} cuts, {} grain", to_string(split.cuts), to_string(split.granularity));
  return split.order ? text + ", " + to_string(*split.order) + " order" : text;
}

std::vector<BenchmarkModel> make_jobs(const Arguments& arguments, const Request& request) {
  const Setting setting = make_setting(arguments, request);
  std::vector<BenchmarkModel> jobs;
  for (const ModelSource& source : asked_models(arguments)) {
    if (setting.picture && arguments.count("model")) check_picture_fits(source);
    jobs.push_back({source.name,
                    source.inputs.empty() ? std::vector<std::int64_t>() : source.inputs[0].shape,
                    [source, setting] { return make_runnable(source, setting); }});
  }
  return jobs;
}

}  // namespace scission::apps
