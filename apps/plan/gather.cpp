#include "gather.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "progress.hpp"
#include "remote_benchmark.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::plan {
namespace {

namespace fs = std::filesystem;

/// scission-benchmark, beside this program.
fs::path benchmark_program() {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "scission-benchmark";
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside : fs::path("scission-benchmark");
}

bool is_file(const std::string& model) {
  std::error_code ignored;
  return fs::is_regular_file(model, ignored);
}

std::vector<std::string> benchmark_arguments(const GatherOptions& options) {
  std::vector<std::string> arguments{source_platform, options.source};
  if (!options.image.empty()) arguments.push_back(options.image);
  arguments.insert(arguments.end(), {is_file(options.model) ? "--model" : "--models", options.model,
                                     "-o", options.folder.string()});
  arguments.insert(arguments.end(), options.benchmark_options.begin(),
                   options.benchmark_options.end());
  if (options.speed != 1) {
    arguments.insert(arguments.end(), {"--speed", fmt::format("{}", options.speed)});
  }
  if (!options.threads.empty()) arguments.insert(arguments.end(), {"--threads", options.threads});
  if (options.stress.is_any()) {
    arguments.insert(arguments.end(), {"--stress", to_string(options.stress)});
  }
  return arguments;
}

fs::path profile_file(const std::string& platform, const std::string& system,
                      const GatherOptions& options) {
  return options.folder / folder_of(options.stress) / fmt::format("{}-{}.json", platform, system);
}

}  // namespace

SystemProfile benchmark_here(const GatherOptions& options) {
  apps::Progress progress("benchmarking " + options.source);
  ProgramCall call;
  call.program = benchmark_program().string();
  call.arguments = benchmark_arguments(options);
  call.remedy = "install scission-benchmark beside this tool";
  progress.update();
  const ProgramResult result = run_program(call);
  if (!result.succeeded) {
    throw Error(ErrorCode::io, "could not be benchmarked: " + result.output, options.source);
  }
  return read_profile(profile_file(source_platform, options.source, options));
}

SystemProfile benchmark_there(const std::string& system, runtime::Client& worker,
                              const GatherOptions& options) {
  apps::Progress progress("benchmarking " + system);
  progress.update();
  std::vector<std::string> further = options.benchmark_options;
  if (options.stress.is_any()) {
    further.insert(further.end(), {"--stress", to_string(options.stress)});
  }
  SystemProfile profile = apps::benchmark_by_worker(system, worker, options.remote_model,
                                                    {worker_platform, further, options.deadline_s});
  const fs::path file = profile_file(worker_platform, system, options);
  make_folder(file.parent_path());
  write_profile(profile, file);
  return profile;
}

double largest_output(const std::vector<SystemProfile>& profiles) {
  double largest = 0;
  for (const SystemProfile& profile : profiles) {
    for (const ModelProfile& model : profile.models) {
      for (const BlockTiming& timing : model.blocks) {
        largest = std::max(largest, static_cast<double>(timing.block.output_bytes));
      }
    }
  }
  return largest;
}

std::vector<SystemProfile> gather_profiles(const runtime::Clients& workers,
                                           const GatherOptions& options) {
  std::vector<SystemProfile> profiles{benchmark_here(options)};
  for (const auto& [system, worker] : workers) {
    profiles.push_back(benchmark_there(system, *worker, options));
  }
  return profiles;
}

Network gather_links(const runtime::Clients& workers, const std::vector<SystemProfile>& profiles,
                     const GatherOptions& options) {
  apps::Progress progress("measuring links");
  runtime::LinkOptions measuring;
  measuring.bytes = runtime::link_sizes(static_cast<std::size_t>(largest_output(profiles)));
  measuring.on_progress = [&](int done, int total, const std::string& what) {
    progress.update(static_cast<double>(done) / total, (total - done) * measuring.max_time_s, what);
  };
  runtime::announce_peers(workers, measuring.deadline_s);
  Network network = runtime::measure_links(workers, options.source, measuring);
  write_network(network, options.folder / "network.csv");
  return network;
}

}  // namespace scission::plan
