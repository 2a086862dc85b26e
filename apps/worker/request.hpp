// What the command line of scission-worker asks for.
#pragma once

#include <optional>

#include "command_line.hpp"
#include "scission/runtime/worker/worker.hpp"

namespace scission::apps {

struct WorkerRequest {
  runtime::WorkerOptions worker;  ///< without the functions that run models
  std::optional<int> threads;     ///< nothing: LibTorch's default
  double speed = 1;               ///< a fraction of this machine's; see throttled()
  double drain_time_s = 10;
};

void add_worker_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
WorkerRequest read_worker_request(const Arguments& arguments);

}  // namespace scission::apps
