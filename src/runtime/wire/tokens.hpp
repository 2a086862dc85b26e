// Bearer tokens, as RFC 6750 has them.
#pragma once

#include <filesystem>
#include <string>

namespace scission::runtime {

/// Metadata, and header of HTTP, that has "Bearer TOKEN".
inline constexpr const char* authorization_metadata = "authorization";

/// What a file of tokens, certificates or keys contains. Throws Error(io) on one that is not a
/// regular file, such as a pipe, on which a worker that reads it again would wait; and as
/// read_file().
std::string read_secret(const std::filesystem::path& file);

/// Throws Error(damaged) as read_token() does.
void validate_token(const std::string& token, const std::string& place);

}  // namespace scission::runtime
