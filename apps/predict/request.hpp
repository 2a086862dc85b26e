// The command line of scission-predict, read and checked.
#pragma once

#include <filesystem>
#include <optional>

#include "command_line.hpp"
#include "problem_arguments.hpp"
#include "scission/explore.hpp"
#include "scission/search/analysis.hpp"

namespace scission::apps {

struct Request {
  Query query;
  AnalysisRequest analyses;  ///< with the runner-up: the best plan is explained
  Conditions conditions;     ///< other than those of the profiles and the network file
  std::optional<double> time_limit_s;
  bool assumes_input = false;  ///< --input-size is not given
  bool as_json = false;
  PlanFormat format = PlanFormat::lines;
  bool draws = true;
  bool keeps_scripts = false;    ///< those of the pictures
  std::filesystem::path output;  ///< the pictures' folder
};

void add_options(cxxopts::Options& options);

/// Those about the problem and the ends of its plans, which scission-explore has as well.
void add_query_options(cxxopts::Options& options);

/// A query with the size of the input, if it is given, and the ends of plans. Throws as
/// make_request() does.
Query make_ends(const Arguments& arguments);

/// Throws Error(invalid_argument) with the option as place.
Request make_request(const Arguments& arguments);

}  // namespace scission::apps
