// What a model's pass may take of what the model may take in all.
#pragma once

#include "scission/measure/measure.hpp"

namespace scission::apps {

/// How many passes there can be: as many as asked for, but not more than rounds.
int possible_passes(const MeasureOptions& in_all, int passes);

/// Of pass 0 ≤ `pass` < `passes`: its part of the time and of the rounds, which add up to those in
/// all, and a precision that, of so many passes together, gives the one asked for: √passes times as
/// wide.
MeasureOptions share_of_pass(const MeasureOptions& in_all, int pass, int passes);

}  // namespace scission::apps
