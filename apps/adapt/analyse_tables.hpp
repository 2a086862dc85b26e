// The tables of scission-adapt analyse. Each begins with an empty line, or is empty.
#pragma once

#include <cstddef>
#include <string>

#include "analyse.hpp"

namespace scission::apps {

/// "63.4 %" of all.
std::string share_of(std::size_t count, std::size_t all);

/// Shares of variance; a star where p < 0.001.
std::string effects_table(const AnalysedSweep& sweep);

std::string levels_table(const AnalysedSweep& sweep);
std::string covers_table(const AnalysedSweep& sweep);
std::string conditions_table(const AnalysedSweep& sweep);

}  // namespace scission::apps
