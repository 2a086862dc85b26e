// The answer as text, for stdout, and its diagnostics, for stderr.
#pragma once

#include <string>

#include "request.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::predict {

/// The result lines; the original's line where no plan fits.
std::string plan_lines(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result);

/// A front as a table.
std::string pareto_table(const PartitionProblem& problem, const Query& query,
                         const ParetoAnswer& pareto);

/// The ranges of one link or system as a table; empty without ranges.
std::string sensitivity_table(const PartitionProblem& problem, const Query& query,
                              const SensitivityAnswer& answer);

/// "bandwidth of raspi4 → vm, Mbit/s", or "slowdown of vm, factor".
std::string sensitivity_title(const SensitivityAnswer& answer);

/// Prints on stderr: warnings of missing links and of an input size below that of its tensor, and
/// what is not proven.
void print_diagnostics(const PartitionProblem& problem, const Request& request,
                       const QueryAnswer& answer);

/// Prints on stderr why no plan fits: the conflict, and changes that would help. For answers
/// without a plan.
void print_infeasibility(const QueryAnswer& answer);

}  // namespace scission::predict
