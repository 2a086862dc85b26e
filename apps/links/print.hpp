// Measured links, for people and for programs.
#pragma once

#include <optional>
#include <string>

#include "scission/plan/network.hpp"

namespace scission::links {

/// A row a direction: the smallest and the largest message's time, and the rate between the two.
std::string links_table(const Network& network);

/// {"links": [{"from", "to", "megabits_per_s", "points": [{"bytes", "seconds"}]}]}, on one line.
std::string links_json(const Network& network);

/// Of the curve's ends, in Mbit/s; nothing where the larger takes no longer.
std::optional<double> rate_of(const Link& link);

}  // namespace scission::links
