// What the command line of scission-adapt run asks for.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "run/request.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::adaptive_run {

struct RunRequest {
  run::Request common;
  std::string inputs;              ///< a folder, a file, "-"; empty: seeded random numbers
  bool repeats = false;            ///< the inputs begin again when they are at their end
  std::optional<int> count;        ///< requests at most
  std::optional<double> seconds;   ///< of sending at most
  std::filesystem::path profiles;  ///< empty: measured
  std::filesystem::path network;
  std::filesystem::path output;  ///< where what is measured is kept
  std::filesystem::path log;     ///< a row for each request; empty: none
  double rehearse_s = 0;         ///< > 0: goes over to another plan so often, whatever pays
  bool probes = true;
  runtime::AdaptiveOptions adaptive;
};

/// Adds all options but those of the model and of the connection.
void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
RunRequest read_request(const cxxopts::ParseResult& arguments);

}  // namespace scission::adaptive_run
