// What a trace or a replay is about: PROFILES NETWORK.csv MODEL.
#pragma once

#include <cxxopts.hpp>
#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission::apps {

/// Declares the three positional arguments, and `more` after them.
void add_question_arguments(cxxopts::Options& options, const std::vector<std::string>& more = {});

/// Reads profiles and network; the network is looked for in the working directory, then beside the
/// profiles. Throws as the readers and make_problem() do, and Error(invalid_argument) without one.
PartitionProblem read_question(const cxxopts::ParseResult& arguments);

/// A number within a range; throws Error(invalid_argument) with the option as place.
double number_option(const cxxopts::ParseResult& arguments, const std::string& option, double low,
                     double high);

}  // namespace scission::apps
