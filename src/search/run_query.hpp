// A query whose names are resolved, answered.
#pragma once

#include "scission/search/search.hpp"
#include "search/rules.hpp"

namespace scission::search_detail {

/// `rules` must be those of the problem and the query; see search().
SearchResult run_query(const PartitionProblem& problem, const Query& query, const Rules& rules,
                       const SearchOptions& options);

}  // namespace scission::search_detail
