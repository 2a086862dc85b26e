// What certificates state about themselves.
#pragma once

#include <ctime>
#include <filesystem>

namespace scission::runtime {

/// Seconds from `now` until the first certificate of the PEM file ends; negative afterwards. Throws
/// Error(not_found | io | damaged) with the file as place.
double certificate_left_s(const std::filesystem::path& file, std::time_t now);

}  // namespace scission::runtime
