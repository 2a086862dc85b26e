// The least of many straight lines, where any one of them must be asked for.
#pragma once

#include <functional>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission {

/// What a plan costs between two ends of a parameter, on which the cost depends linearly.
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

/// The pieces of the least cost over left…right, in order, neighbours of different plans.
/// `least_at` gives the line that is least at a parameter. For k pieces it is called at most
/// 2·k + 1 times: two lines meet where either they are the least or a new one is (Eisner and
/// Severance 1976).
std::vector<EnvelopePiece> lower_envelope(const std::function<CostLine(double)>& least_at,
                                          double left, double right);

}  // namespace scission
