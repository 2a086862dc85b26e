// scission-benchmark --workers: workers benchmark, and this tool writes their profiles.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "connection_options.hpp"
#include "progress.hpp"
#include "request.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

runtime::RemoteBenchmark remote_benchmark(const Arguments& arguments) {
  runtime::RemoteBenchmark benchmark;
  benchmark.platform = text_of(arguments, "platform", "worker");
  for (const auto& argument : arguments.arguments()) {
    const auto& forwarded = runtime::remote_benchmark_options;
    if (std::find(forwarded.begin(), forwarded.end(), argument.key()) == forwarded.end()) continue;
    benchmark.options.push_back("--" + argument.key());
    if (argument.key() != "optimize") benchmark.options.push_back(argument.value());
  }
  return benchmark;
}

std::vector<runtime::RemoteModel> remote_models(const std::vector<ModelSource>& sources) {
  std::vector<runtime::RemoteModel> models;
  for (const ModelSource& source : sources) {
    models.push_back({source.name, source.file, input_tensors(source), source.backend->name()});
  }
  return models;
}

/// Prints a row for each model. Failures are reported and left out.
int benchmark_on(const std::string& system, runtime::Client& worker,
                 const std::vector<runtime::RemoteModel>& models, const Arguments& arguments) {
  const runtime::RemoteBenchmark benchmark = remote_benchmark(arguments);
  const bool is_quiet = arguments.count("json") > 0;
  PhaseProgress progress;
  std::optional<ModelTable> table;
  int exit_code = exit_done;
  const runtime::RemoteBenchmarkObserver observer{
      .on_start = [&](const auto& model) { progress.update(system + ": " + model.name); },
      .on_model =
          [&](const ModelProfile& model) {
            progress.finish();
            if (is_quiet) return;
            if (!table) fmt::print("{}\n", system);
            if (!table) table.emplace(stdout_width());
            fmt::print("{}", table->add(model));
            std::fflush(stdout);
          },
      .on_failure =
          [&](const auto& model, const Error& error) {
            progress.finish();
            spdlog::error("{}: {}: {}", system, model.name, error.what());
            exit_code = exit_failed;
          }};
  const SystemProfile profile = benchmark_models_on_worker(
      system, worker, models, benchmark,
      output_folder(arguments) / fmt::format("{}-{}.json", benchmark.platform, system), observer);
  if (is_quiet && !profile.models.empty()) fmt::print("{}", format_profile_json(profile));
  return exit_code;
}

}  // namespace

int benchmark_by_workers(const Arguments& arguments, const std::vector<ModelSource>& sources) {
  const std::vector<runtime::RemoteModel> models = remote_models(sources);
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
