// The command line of scission-predict, read and checked.
#pragma once

#include <filesystem>
#include <optional>

#include "command_line.hpp"
#include "scission/search/analysis.hpp"

namespace scission::predict {

struct Request {
  Query query;
  AnalysisRequest analyses;  ///< with the runner-up: the best plan is explained
  std::optional<double> time_limit_s;
  bool assumes_input = false;  ///< --input-size is not given
  bool as_json = false;
  bool draws = true;
  std::filesystem::path output;  ///< the pictures' folder
};

void add_options(cxxopts::Options& options);

/// Joins the two values of options such as `--on NAME CRITERIA` into one, because cxxopts takes
/// only one. Throws Error(invalid_argument) for such an option with fewer than two values.
apps::Words join_named_values(const apps::Words& words);

/// Throws Error(invalid_argument) with the option as place.
Request make_request(const apps::Arguments& arguments);

}  // namespace scission::predict
