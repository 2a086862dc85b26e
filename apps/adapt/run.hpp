// scission-adapt run: its command line, and its output for people.
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

/// Tables of plans and switches, delays around switches, and the totals.
std::string format_report(const runtime::AdaptiveReport& report);

/// "12.3 s: plan 2, device 0-6 → edge1 7-25: faster by 12 %; …": printed when it happens.
std::string format_switch(const runtime::PlanSwitch& change, const std::string& to);

/// exit_failed where an answer is missing or wrong, which is printed on stderr; else exit_done.
int exit_code_of(const runtime::AdaptiveReport& report);

}  // namespace scission::apps
