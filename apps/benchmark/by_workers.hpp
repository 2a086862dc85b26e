// What scission-benchmark measures: models on this machine, or by workers.
#pragma once

#include "open_model.hpp"
#include "request.hpp"

namespace scission::apps {

/// Adds --models, --model and the options of cuts.
void add_model_options(cxxopts::Options& options);

/// What --models or --model name. Throws Error(invalid_argument) as make_models() does.
std::vector<ModelSource> selected_models(const Arguments& arguments);

/// What --cuts, --grain and --order say, for the profile. Throws Error(invalid_argument) as
/// make_models() does.
std::string split_text(const Arguments& arguments);

/// The models of selected_models(), each with the input made of INPUT, which is read here. Throws
/// Error when an option, a name or the image is wrong; a model file is not loaded yet, only asked
/// for its inputs' shapes where --input-shape does not give them.
///
/// No tensor is made before a model's make(), which sets the threads, too.
std::vector<BenchmarkModel> make_models(const std::vector<ModelSource>& sources,
                                        const Arguments& arguments, const Request& request);

/// What measures the codecs of the request, a job for each source; none without codecs. Throws
/// Error as validate_calibration() does.
std::vector<CodecJob> make_codec_jobs(const std::vector<ModelSource>& sources,
                                      const Arguments& arguments, const Request& request);

/// Adds --workers and what says how a connection is secured.
void add_worker_options(cxxopts::Options& options);

/// Every worker that --workers names benchmarks every model, one after the other, and
/// FOLDER/PLATFORM-SYSTEM.json is written for each. Failures are reported and left out.
/// Returns the tool's exit code. Throws Error when an option or a model's name is wrong.
int benchmark_by_workers(const Arguments& arguments);

}  // namespace scission::apps
