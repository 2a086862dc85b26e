// What the command line of scission-worker asks for.
#pragma once

#include <cxxopts.hpp>
#include <optional>

#include "scission/runtime/worker/worker.hpp"

namespace scission::apps {

struct WorkerRequest {
  runtime::WorkerOptions worker;  ///< but for what runs models
  std::optional<int> threads;     ///< nothing: as many as LibTorch takes
  double speed = 1;               ///< a share of this machine's; see throttled()
  double drain_time_s = 10;
};

void add_worker_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
WorkerRequest read_worker_request(const cxxopts::ParseResult& arguments);

}  // namespace scission::apps
