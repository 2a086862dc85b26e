// --workers NAME=HOST:PORT: where the systems are.
#pragma once

#include <cxxopts.hpp>
#include <map>
#include <string>
#include <vector>

namespace scission::apps {

/// Addresses by systems' names.
using Addresses = std::map<std::string, std::string>;

/// HOST:PORT with a port from 1 to 65535, or "unix:PATH".
bool is_address(const std::string& text);

/// Adds --workers, which may be given several times.
void add_address_option(cxxopts::Options& options);

/// What --workers says; empty when it is not given. Throws as parse_addresses() does.
Addresses addresses_of(const cxxopts::ParseResult& arguments);

/// Of items as "edge1=10.0.0.2:8001"; "unix:PATH" stands for an address too.
/// Throws Error(invalid_argument) with `option` as place on anything else, and on a name given
/// twice.
Addresses parse_addresses(const std::vector<std::string>& items, const std::string& option);

}  // namespace scission::apps
