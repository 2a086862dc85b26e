#include "models.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "command_line.hpp"
#include "scission/prepare.hpp"

namespace scission::apps {
namespace {

using Picture = std::shared_ptr<const Image>;  ///< null when none was given

/// What all models have in common.
struct Setting {
  Picture picture;
  std::optional<int> threads;
  SplitOptions split;
  RunOptions run;
};

Setting make_setting(const Arguments& arguments, const Request& request) {
  Picture picture;
  if (arguments.count("image")) {
    picture = std::make_shared<Image>(load_image(arguments["image"].as<std::string>()));
  }
  return {std::move(picture),
          request.threads,
          split_options(arguments),
          {request.device, request.is_optimized}};
}

std::unique_ptr<Runnable> make_runnable(const ModelSource& source, const Setting& setting) {
  keep_freed_memory();
  if (setting.threads) source.backend->set_threads(*setting.threads);
  std::vector<Tensor> inputs;
  if (setting.picture) inputs.push_back(image_input(source, *setting.picture));
  return open_model(source, setting.split, inputs)->make_runnable(setting.run);
}

std::vector<ModelSource> zoo_sources(const Arguments& arguments) {
  for (const char* option : {"input-shape", "input-files"}) {
    if (arguments.count(option))
      throw usage_error("only with --model", fmt::format("--{}", option));
  }
  const int batch = int_of(arguments, "batch", 1);
  std::vector<ModelSource> sources;
  for (const ZooModel& model : select_zoo_models(words_of(arguments, "models"), "--models")) {
    sources.push_back(zoo_source(model.name));
    set_batch(sources.back(), batch);
  }
  return sources;
}

ModelSource file_source(const Arguments& arguments) {
  if (arguments.count("models")) throw usage_error("not together with --models", "--model");
  ModelSource source = find_model(arguments);
  if (arguments.count("batch")) set_batch(source, int_of(arguments, "batch", 1));
  return source;
}

}  // namespace

void add_model_options(cxxopts::Options& options) {
  options.add_options()  //
      ("models",
       "built-in models (scission-zoo list), separated by commas, or all (default: the 18 of the "
       "original)",
       list_value(), "A,B")  //
      ("model", "model file to measure instead of built-in models", text_value(), "FILE");
  add_split_options(options);
  add_input_files_option(options);
}

std::vector<ModelSource> selected_models(const Arguments& arguments) {
  if (arguments.count("model")) return {file_source(arguments)};
  return zoo_sources(arguments);
}

std::string split_text(const Arguments& arguments) {
  const SplitOptions split = split_options(arguments);
  const std::string text =
      fmt::format("{} cuts, {} grain", to_string(split.cuts), to_string(split.granularity));
  return split.order ? text + ", " + to_string(*split.order) + " order" : text;
}

std::vector<BenchmarkModel> make_models(const std::vector<ModelSource>& sources,
                                        const Arguments& arguments, const Request& request) {
  const Setting setting = make_setting(arguments, request);
  std::vector<BenchmarkModel> models;
  for (const ModelSource& source : sources) {
    if (setting.picture && arguments.count("model")) {
      validate_takes_an_image(source, "--input-shape");
    }
    models.push_back({source.name,
                      source.inputs.empty() ? std::vector<std::int64_t>() : source.inputs[0].shape,
                      [source, setting] { return make_runnable(source, setting); }});
  }
  return models;
}

std::vector<CodecJob> make_codec_jobs(const std::vector<ModelSource>& sources,
                                      const Arguments& arguments, const Request& request) {
  std::vector<CodecJob> jobs;
  if (request.codecs.empty()) return jobs;
  for (const ModelSource& source : sources) {
    jobs.push_back(
        {source, split_options(arguments), request.threads, request.calibration, request.codecs});
  }
  validate_calibration(jobs);
  return jobs;
}

}  // namespace scission::apps
