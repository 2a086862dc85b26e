// Plans for people: the verdict and a table on a terminal, the original's lines in pipes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "command_line.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/search.hpp"

namespace scission::apps {

enum class PlanFormat { lines, table };

/// Adds --format.
void add_format_option(cxxopts::Options& options, const std::string& group = "");

/// The value of --format; without it, a table if stdout is a terminal, else lines.
/// Throws Error(invalid_argument) for another word.
PlanFormat plan_format(const Arguments& arguments);

/// format_result_line() of each plan.
std::string plan_lines(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result);

/// The verdict, a table with a row per plan, and the plans that cannot be told apart. At most
/// `width` characters wide, unless a single word or figure is wider. There must be a plan.
std::string plan_table(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, std::optional<std::size_t> width);

/// In the format, for the terminal that stdout is. There must be a plan.
std::string plans_text(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, PlanFormat format);

}  // namespace scission::apps
