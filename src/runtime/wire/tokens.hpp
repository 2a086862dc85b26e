// Bearer tokens, as RFC 6750 has them.
#pragma once

#include <string>

namespace scission::runtime {

/// Metadata, and header of HTTP, that has "Bearer TOKEN".
inline constexpr const char* authorization_metadata = "authorization";

/// Throws Error(damaged) as read_token() does.
void validate_token(const std::string& token, const std::string& place);

}  // namespace scission::runtime
