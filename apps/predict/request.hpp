// The command line of scission-predict, read and checked.
#pragma once

#include <filesystem>
#include <optional>

#include "command_line.hpp"
#include "problem_arguments.hpp"
#include "scission/search/analysis.hpp"

namespace scission::predict {

struct Request {
  Query query;
  AnalysisRequest analyses;  ///< with the runner-up: the best plan is explained
  std::optional<double> time_limit_s;
  bool assumes_input = false;  ///< --input-size is not given
  bool as_json = false;
  apps::PlanFormat format = apps::PlanFormat::lines;
  bool draws = true;
  bool keeps_scripts = false;    ///< those of the pictures
  std::filesystem::path output;  ///< the pictures' folder
};

void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
Request make_request(const apps::Arguments& arguments);

}  // namespace scission::predict
