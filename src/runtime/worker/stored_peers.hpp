// The file that says where other systems are, for a worker's next life.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace scission::runtime {

/// Addresses by systems' names.
std::string format_peers(const std::map<std::string, std::string>& addresses);

/// Throws Error(damaged) that names the field, `place` being the file.
std::map<std::string, std::string> parse_peers(std::string_view text, const std::string& place);

}  // namespace scission::runtime
