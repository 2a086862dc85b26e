// The pictures that go with an answer.
#pragma once

#include "request.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::predict {

/// Draws the best plan, the front and the ranges into the request's folder and names the files on
/// stderr. Without gnuplot it warns: the answer stands all the same.
void draw_pictures(const PartitionProblem& problem, const Request& request,
                   const QueryAnswer& answer);

}  // namespace scission::predict
