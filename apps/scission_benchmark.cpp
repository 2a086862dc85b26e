// scission-benchmark: times models block by block on this machine and writes its profile.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <vector>

#include "benchmark/request.hpp"
#include "open_model.hpp"
#include "scission/prepare.hpp"
#include "tool.hpp"
#ifdef SCISSION_HAS_RUNTIME
#include "connection_options.hpp"
#endif

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
PLATFORM is device, edge, cloud or any other word without a dash; NAME is the name of this machine.
INPUT is a JPEG or PNG, which is stretched to each model's input size. Without it the input is
seeded random numbers.

Every model runs as a whole and then block by block, round after round, until the times are as
precise as --precision says, or until --max-time or -r (docs/measuring.md). The chain of the blocks
must give the whole model's result bit for bit (with --optimize: up to rounding); otherwise the model
fails.

All models are measured, then all again: five passes (--passes). Each pass of a model has a separate
process and an equal part of --max-time and -r. Intervals therefore hold the differences between
processes and between passes, not only those between rounds. A pass ends at --precision times the
square root of the number of passes: together they reach --precision.

A model that crashes or runs out of memory is reported and not tried again; the others go on, and
the results of its earlier passes are kept. After each pass of a model PLATFORM-NAME.json is written,
and beside it every single time, PLATFORM-NAME.samples.csv. After Ctrl-C, the same command with
--resume continues.

Columns of the table:
  difference  of the sum of the blocks from the whole model, and its 95 % interval
  precision   half the 95 % interval of the whole model's time, as in scission-check and in the
              verdict; --precision is about the full width, also of each block over 1 % of the sum
  rounds      rounds that count, of all passes
  memory      peak memory of the process
  time        loading the model once, and measuring it in all passes
Below it, warnings tell why times may be wrong and what to do.

--format writes more files: dat (PLATFORM-NAME.dat, which the first Scission reads), csv
(PLATFORM-NAME.csv, one row per block), statistics (PLATFORM-NAME-statistics.csv, one stanza per
model), fork (what the first Scission's fork writes, under its names: benchmark_data/ and
models_profiling/ with statistics and pictures, docs/compatibility.md). --pictures draws
PLATFORM-NAME-MODEL-times and -costs, as .png and .svg, with gnuplot.

The options of the first Scission and of its fork are accepted as they spell them: -repeats N,
-dc True, --disablecuda True, --output-directory DIR, --batch-size N, and without effect -s False,
--store-models True (docs/compatibility.md).

--stress cpu=50,memory=50 measures while stress-ng keeps every processor busy half of the time and
holds and rewrites half of the free memory. The profile says so, and is kept in a folder of DIR,
under-cpu50-memory50.

--codecs int8,zstd --calibrate FOLDER measures what codecs do at every cut, after the blocks: bytes
that cross, times to encode and decode, and how the model's output changes (docs/measuring.md). The
files of FOLDER are the inputs: pictures, or .npy files where the model takes other tensors (of
several inputs, a folder of files for each). --labels FILE adds the accuracy, by lines such as
photo.jpg,207. With --resume codecs are added to a profile; give the same FOLDER again.

With --workers, workers (scission-worker) benchmark themselves instead, one after the other, and
PLATFORM-SYSTEM.json is written for each; PLATFORM is "worker" by default, and there is no NAME and
no INPUT. A model's file is sent to them first.

--cuts, --grain and --order define the blocks; scission-split --list shows them. --grain and --order
also number the layers: profiles that are searched together, and scission-split --plan, need equal
ones.
INPUTS are the shapes and types of the inputs of FILE: 1,3,224,224, or 1,128:int64<30522 for
tokens; several are joined by ';'. A file that Scission wrote does not need them.

Examples:
  scission-benchmark device my-pc photo.jpg
  scission-benchmark device my-pc photo.jpg --resume
  scission-benchmark edge rack2 photo.jpg --models vgg19,resnet50 --max-time 20 -o profiles
  scission-benchmark edge rack2 photo.jpg --precision 1% --format dat,csv --pictures -o profiles
  scission-benchmark edge rack2 photo.jpg --models lenet --passes 1 --max-time 5
  scission-benchmark edge rack2 --models mobilenet --codecs all --calibrate photos --format csv
  scission-benchmark cloud vm --model net.pt --input-shape 1,3,224,224 --model-timeout 600
  scission-benchmark --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --models vgg19 --insecure
  scission-benchmark edge rack2 --model bert.pt --input-shape "1,128:int64<30522" --cuts frontier

Exit codes: 0 done, 1 failed, or a model did, 2 wrong usage, 130 after Ctrl-C.
)";

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

/// What --models or --model name. Throws Error(invalid_argument).
std::vector<ModelSource> selected_models(const Arguments& arguments) {
  if (arguments.count("model")) return {file_source(arguments)};
  return zoo_sources(arguments);
}

/// What --cuts, --grain and --order say, for the profile.
std::string split_text(const Arguments& arguments) {
  const SplitOptions split = split_options(arguments);
  const std::string text =
      fmt::format("{} cuts, {} grain", to_string(split.cuts), to_string(split.granularity));
  return split.order ? text + ", " + to_string(*split.order) + " order" : text;
}

/// The models, with the input made of INPUT, which is read here; none is loaded yet.
std::vector<BenchmarkModel> make_models(const std::vector<ModelSource>& sources,
                                        const Arguments& arguments, const Request& request) {
  BenchmarkSetting setting{.threads = request.threads,
                           .split = split_options(arguments),
                           .run = {request.device, request.is_optimized}};
  if (arguments.count("image")) {
    setting.picture = std::make_shared<Image>(load_image(arguments["image"].as<std::string>()));
  }
  std::vector<BenchmarkModel> models;
  for (const ModelSource& source : sources) {
    if (setting.picture && arguments.count("model")) {
      validate_takes_an_image(source, "--input-shape");
    }
    models.push_back(benchmark_model(source, setting));
  }
  return models;
}

/// What measures the codecs of the request, a job for each source; none without codecs.
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

void add_options(cxxopts::Options& options) {
  add_model_options(options);
  add_request_options(options);
#ifdef SCISSION_HAS_RUNTIME
  add_workers_option(options);
  add_security_options(options);
#endif
}

HostContext host_context(const Backend& backend, const Request& request, const std::string& split) {
  HostContext host = benchmark_host(backend, request.device, request.threads);
  host.pause_s = request.pause_s;
  if (request.speed != 1) host.device += fmt::format(" at {} of its speed", request.speed);
  host.stress = to_string(request.stress);
  host.split = split;
  host.is_optimized = request.is_optimized;
  return host;
}

int benchmark(const Arguments& arguments) {
  Request request = read_request(arguments);
  const std::vector<ModelSource> sources = selected_models(arguments);
  const std::vector<BenchmarkModel> models = make_models(sources, arguments, request);
  const std::vector<CodecJob> jobs = make_codec_jobs(sources, arguments, request);
  const Backend& backend = *sources.front().backend;
  const std::vector<std::int64_t>& shape = models.front().input_shape;
  if (!shape.empty()) request.files.batch = shape.front();
  const HostContext host = host_context(backend, request, split_text(arguments));
  if (const std::string warning = backend.threading_warning(host.threads); !warning.empty()) {
    spdlog::warn(warning);
  }
  return run_session(request, models, host, jobs);
}

#ifdef SCISSION_HAS_RUNTIME
void reject_local_options(const Arguments& arguments) {
  for (const std::string option : {"name", "image", "resume", "format", "pictures", "device",
                                   "speed", "input-files", "codecs", "calibrate", "labels"}) {
    if (arguments.count(option) == 0) continue;
    throw usage_error("not together with --workers", "--" + option);
  }
}
#endif

int run(const Arguments& arguments) {
#ifdef SCISSION_HAS_RUNTIME
  if (arguments.count("workers")) {
    reject_local_options(arguments);
    return benchmark_by_workers(arguments, selected_models(arguments));
  }
#endif
  return benchmark(arguments);
}

Tool tool() {
  return {.name = "scission-benchmark",
          .summary = "Times models block by block on this machine.",
          .usage = "PLATFORM NAME [INPUT] [OPTION...]",
          .notes = notes,
          .positional = {"platform", "name", "image"},
          .add_options = add_options,
          .run = run,
          .originals = benchmark_originals()};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
