// scission-benchmark --workers: workers benchmark, and this tool writes their profiles.
#include "models.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "command_line.hpp"
#include "connection_options.hpp"
#include "progress.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

bool is_forwarded(const std::string& option) {
  return std::find(runtime::remote_benchmark_options.begin(),
                   runtime::remote_benchmark_options.end(),
                   option) != runtime::remote_benchmark_options.end();
}

runtime::RemoteBenchmark remote_benchmark(const Arguments& arguments) {
  runtime::RemoteBenchmark benchmark;
  benchmark.platform = text_of(arguments, "platform", "worker");
  for (const auto& argument : arguments.arguments()) {
    if (!is_forwarded(argument.key())) continue;
    benchmark.options.push_back("--" + argument.key());
    if (argument.key() != "optimize") benchmark.options.push_back(argument.value());
  }
  return benchmark;
}

std::vector<runtime::RemoteModel> remote_models(const Arguments& arguments) {
  std::vector<runtime::RemoteModel> models;
  for (const ModelSource& source : selected_models(arguments)) {
    models.push_back({source.name, source.file, input_tensors(source), source.backend->name()});
  }
  return models;
}

void reject_local_options(const Arguments& arguments) {
  for (const char* option : {"name", "image", "resume", "format", "pictures", "device", "speed",
                             "input-files", "codecs", "calibrate", "labels"}) {
    if (arguments.count(option) > 0) throw usage_error("not together with --workers", option);
  }
}

/// Measures one model after the other, and rewrites the worker's profile after each. Failures are
/// reported and left out.
int benchmark_on(const std::string& system, runtime::Client& worker,
                 const std::vector<runtime::RemoteModel>& models, const Arguments& arguments) {
  const runtime::RemoteBenchmark benchmark = remote_benchmark(arguments);
  const bool is_quiet = arguments.count("json") > 0;
  const std::filesystem::path file =
      output_folder(arguments) / fmt::format("{}-{}.json", benchmark.platform, system);
  SystemProfile profile;
  ModelTable table(stdout_width());
  int exit_code = exit_done;
  for (const runtime::RemoteModel& model : models) {
    try {
      Progress progress(fmt::format("{}: {}", system, model.name));
      progress.update();
      SystemProfile measured = runtime::benchmark_on_worker(system, worker, model, benchmark);
      progress.finish();
      if (profile.models.empty()) {
        profile = std::move(measured);
      } else {
        profile.models.push_back(std::move(measured.models.at(0)));
      }
      write_profile(profile, file);
    } catch (const Error& error) {
      spdlog::error("{}: {}: {}", system, model.name, error.what());
      exit_code = exit_failed;
      continue;
    }
    if (is_quiet) continue;
    if (profile.models.size() == 1) fmt::print("{}\n", system);
    fmt::print("{}", table.add(profile.models.back()));
    std::fflush(stdout);
  }
  if (is_quiet && !profile.models.empty()) fmt::print("{}", format_profile_json(profile));
  return exit_code;
}

}  // namespace

void add_worker_options(cxxopts::Options& options) {
  add_workers_option(options);
  add_security_options(options);
}

int benchmark_by_workers(const Arguments& arguments) {
  reject_local_options(arguments);
  const std::vector<runtime::RemoteModel> models = remote_models(arguments);
  runtime::Lease lease;  // takes the models away, also when Ctrl-C ends this process
  const runtime::Clients workers = runtime::connect(
      worker_addresses(arguments), security_of(arguments, NetworkRole::client), lease.id());
  for (const auto& [system, worker] : workers) require_name(system, *worker);
  lease.hold(workers);
  make_folder(output_folder(arguments));
  int exit_code = exit_done;
  for (const auto& [system, worker] : workers) {
    exit_code = std::max(exit_code, benchmark_on(system, *worker, models, arguments));
  }
  return exit_code;
}

}  // namespace scission::apps
