// What certificates state about themselves.
#pragma once

#include <openssl/types.h>

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace scission::runtime {

/// Seconds from `now` until the first certificate of the PEM file ends; negative afterwards. Throws
/// Error(not_found | io | damaged) with the file as place.
double certificate_left_s(const std::filesystem::path& file, std::time_t now);

/// Throws Error(damaged) with the file as place unless every certificate in it can be read, and
/// there is one; Error(not_found | io).
void validate_authority(const std::filesystem::path& file);

/// Who a certificate is issued for: all its common names and all its alternative names (DNS, URI,
/// e-mail, IP addresses as text); one that states no name has `unnamed_certificate`. Empty when its
/// names cannot be trusted: one has a NUL byte, or they cannot be decoded.
std::vector<std::string> names_of_certificate(const X509& certificate);

/// The same for the first certificate of a PEM text; empty if it has none.
std::vector<std::string> names_of_certificate(const std::string& pem);

inline constexpr const char* unnamed_certificate = "(no name)";

}  // namespace scission::runtime
