// What the command line asks for, read and checked.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scission/plan/plan.hpp"
#include "scission/search/search.hpp"

namespace scission::predict {

struct Request {
  Query query;
  std::vector<Metric> pareto;            ///< empty: no front
  std::vector<std::string> sensitivity;  ///< "FROM,TO" or "NAME"
  std::optional<std::pair<double, double>> sensitivity_range;
  std::optional<double> time_limit_s;
  bool assumes_input = false;  ///< --input-size is not given
  bool explain = false;
  bool as_json = false;
  bool draws = true;
  std::filesystem::path output;  ///< the pictures' folder
};

/// Throws Error(invalid_argument) with the option as place.
Request make_request(const cxxopts::ParseResult& arguments);

/// The part of it that is the search's.
Query make_query(const cxxopts::ParseResult& arguments);

}  // namespace scission::predict
