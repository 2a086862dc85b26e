// Benchmarks that workers make of themselves, brought home.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/profile/profile.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::apps {

/// The options of scission-benchmark that a worker takes: how to measure, never which files.
inline constexpr std::array<std::string_view, 15> remote_options{
    "batch",  "cuts",  "grain",     "input-shape", "max-time", "model-timeout", "optimize", "order",
    "passes", "pause", "precision", "repetitions", "threads",  "stress",        "warmup"};

struct RemoteModel {
  std::string name;                ///< as the profile is to call it
  std::filesystem::path file;      ///< empty: a built-in model, which the worker has too
  std::vector<TensorSpec> inputs;  ///< of a file
};

struct RemoteBenchmark {
  std::string platform;
  std::vector<std::string> options;  ///< remote_options, and their values
  double deadline_s = 3600;
};

/// Has the worker `system` benchmark the model, on its own and with nothing else at it. A file is
/// sent to it first and dropped afterwards. The profile holds this one model.
/// Throws as Client::deploy() and Client::benchmark() do.
SystemProfile benchmark_by_worker(const std::string& system, runtime::Client& worker,
                                  const RemoteModel& model, const RemoteBenchmark& benchmark);

}  // namespace scission::apps
