// The lower envelope of straight lines that an oracle provides one at a time.
#pragma once

#include <functional>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission {

/// The cost of a plan over a range of a parameter on which it depends linearly.
struct CostLine {
  Plan plan;
  double at_left = 0;
  double at_right = 0;
};

struct EnvelopePiece {
  Plan plan;
  double left = 0;
  double right = 0;
  double value_at_left = 0;
  double value_at_right = 0;
};

/// The pieces of the least cost over left…right, in order; neighbours have different plans.
/// `least_at` returns the least line at a parameter. For k pieces it is called at most 2·k + 1
/// times: at the intersection of two lines either both are least or a new line is (Eisner and
/// Severance 1976).
std::vector<EnvelopePiece> lower_envelope(const std::function<CostLine(double)>& least_at,
                                          double left, double right);

}  // namespace scission
