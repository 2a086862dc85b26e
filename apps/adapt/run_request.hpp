// The command line of scission-adapt run.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "command_line.hpp"
#include "run/request.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::apps {

struct RunRequest {
  run::Request common;
  std::string inputs;              ///< a folder, a file, "-"; empty: seeded random numbers
  bool repeats = false;            ///< the inputs start again at their end
  std::optional<int> count;        ///< maximum number of requests
  std::optional<double> seconds;   ///< maximum time of sending
  std::filesystem::path profiles;  ///< empty: measured
  std::filesystem::path network;
  std::filesystem::path output;  ///< folder for what is measured
  std::filesystem::path log;     ///< file with a row for each request; empty: none
  double rehearse_s = 0;         ///< > 0: interval of switches regardless of gains
  bool probes = true;
  runtime::AdaptiveOptions adaptive;
};

/// Adds all options except those of the model and of the connection.
void add_run_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
RunRequest read_run_request(const Arguments& arguments);

}  // namespace scission::apps
