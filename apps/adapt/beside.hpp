// A predicted sweep beside the measured one, told.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "scission/sweep/sweep.hpp"
#include "scission/sweep/sweep_analysis.hpp"

namespace scission::apps {

/// Some lines, with `shows_conditions` a row for every condition in which the predicted best is not
/// the measured one.
std::string format_beside(const SweepComparison& comparison, const Sweep& measured,
                          bool shows_conditions);

/// docs/adaptivity.md describes the fields.
nlohmann::ordered_json beside_json(const SweepComparison& comparison, const Sweep& measured);

}  // namespace scission::apps
