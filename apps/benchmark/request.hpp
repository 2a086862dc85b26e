// What the command line of scission-benchmark asks for, apart from the models, and one run of it on
// this machine.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <vector>

#include "command_line.hpp"
#include "scission/backend.hpp"
#include "scission/benchmark.hpp"
#include "scission/measure.hpp"
#include "stress/stress.hpp"

namespace scission::apps {

struct Request {
  ProfileFiles files;
  MeasureOptions measure;      ///< of a model, all its passes together
  int passes = 5;              ///< processes that measure it, one after the other; 1 to 100
  std::optional<int> threads;  ///< nothing: as many as the backend takes
  double speed = 1;            ///< of this machine's; see throttled()
  StressLevel stress;          ///< that this machine is put under
  double pause_s = 0;          ///< before each run of the model and of its blocks
  std::string device = "cpu";  ///< or cuda:N
  bool is_optimized = false;
  double model_timeout_s = std::numeric_limits<double>::infinity();
  bool resumes = false;
  bool as_json = false;
  bool with_pictures = false;
  bool keeps_scripts = false;             ///< those of the pictures
  std::vector<const Codec*> codecs = {};  ///< to measure
  Calibration calibration = {};           ///< of the codecs
};

/// Adds the options that read_request() reads.
void add_request_options(cxxopts::Options& options);

/// --stress, and the folder of -o: of what is made under stress a subfolder. Throws as
/// read_request() does.
StressLevel stress_of(const Arguments& arguments);
std::filesystem::path output_folder(const Arguments& arguments);

/// Throws Error(invalid_argument) with the option as place.
Request read_request(const Arguments& arguments);

/// Measures the missing passes, and then the codecs of `jobs`, one for each model, under the
/// request's stress, and writes and prints the results. `host` is written to the profile. A model
/// that fails is reported and does not end the run. Returns the exit code: 0; 1 when a model
/// failed, or the code of the failure that all models share; 128 plus the signal's number after
/// SIGINT or SIGTERM. Throws as ProfileFiles::open() does before anything is measured, and
/// Error(io) when a file cannot be written.
int run_session(const Request& request, const std::vector<BenchmarkModel>& models,
                const HostContext& host, const std::vector<CodecJob>& jobs = {});

/// Every worker that --workers names benchmarks every model, one after the other, and
/// FOLDER/PLATFORM-SYSTEM.json is written for each. Failures are reported and left out.
/// Returns the tool's exit code. Throws Error when an option is wrong.
int benchmark_by_workers(const Arguments& arguments, const std::vector<ModelSource>& sources);

}  // namespace scission::apps
