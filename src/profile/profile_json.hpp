// What reading a folder of profiles needs beside profile_io.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scission/profile/profile.hpp"

namespace scission {

/// As parse_profile_json(), but empty for JSON that does not claim to be a profile.
std::optional<SystemProfile> parse_if_profile_json(std::string_view text, const std::string& place);

}  // namespace scission
