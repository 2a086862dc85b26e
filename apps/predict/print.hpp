// The answer as text, for stdout, its diagnostics, for stderr, and its pictures.
#pragma once

#include <string>

#include "request.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::predict {

/// The plans in the request's format; the original's line where no plan fits.
std::string plans_text(const PartitionProblem& problem, const Request& request,
                       const SearchResult& result);

/// The plans, and the tables of the front and the ranges.
std::string answer_text(const PartitionProblem& problem, const Request& request,
                        const QueryAnswer& answer);

/// A table of the best plan's stages and hops, the largest of them, the one that sets the period,
/// and the difference to the runner-up.
std::string explanation(const PartitionProblem& problem, const Query& query,
                        const QueryAnswer& answer);

/// Prints on stderr: warnings of missing links and of an input size below that of its tensor, and
/// what is not proven.
void print_diagnostics(const PartitionProblem& problem, const Request& request,
                       const QueryAnswer& answer);

/// Draws the best plan, the front and the ranges into the request's folder and names the files on
/// stderr. Without gnuplot it warns: the answer stands all the same.
void draw_pictures(const PartitionProblem& problem, const Request& request,
                   const QueryAnswer& answer);

}  // namespace scission::predict
