// The command line of scission-adapt sweep.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "command_line.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"

namespace scission::apps {

struct SweepRequest {
  std::string model;
  std::filesystem::path image;  ///< empty: random numbers
  runtime::SweepOptions sweep;
  int best = 0;  ///< > 0: measure only plans among this many fastest of any condition
  std::optional<int> threads;
  double speed = 1;
  std::filesystem::path profiles;  ///< folder that predictions are computed from
  bool predicts = false;           ///< instead of measuring
  bool as_json = false;
};

/// Adds all options except those of the model and of the connection.
void add_sweep_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
SweepRequest read_sweep_request(const Arguments& arguments);

/// Rewrites `--edge-cpu 0,50` and `--edge-memory=0,50` as `--cpu edge=0,50` and `--memory
/// edge=0,50` and `--cuts best:5` as `--plans best:5`; --cuts otherwise says what may cross a cut.
Words normalise_arguments(const Words& arguments);

/// "all" → 0, "best:5" → 5. Throws Error(invalid_argument) with --plans as place.
int parse_plan_choice(const std::string& text);

}  // namespace scission::apps
