// When the warm-up is over, and when enough has been measured.
#pragma once

#include <vector>

#include "measure/samples.hpp"

namespace scission {

/// Whether rounds that took so long have stopped getting faster: neither of the last two was faster
/// than the fastest before them by more than `tolerance`. Needs three rounds. O(rounds).
bool is_steady(const std::vector<double>& totals, double tolerance);

/// ModelProfile::precision() of these samples; infinity where it is nothing.
/// O(blocks · rounds · log rounds).
double widest_interval(const Samples& samples);

/// After how many rounds to look at the intervals again: a tenth more, so that looking costs
/// little.
int next_look(int rounds);

}  // namespace scission
