// A request's route as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// "edge1/net-01;cloud1/net-02"; what is not a letter, digit, '-', '.' or '_' in a name is %XX.
std::string encode_route(const std::vector<RouteStop>& route);

/// Throws Error(invalid_argument) on anything else, and on more than 64 stops.
std::vector<RouteStop> decode_route(std::string_view text);

}  // namespace scission::runtime
