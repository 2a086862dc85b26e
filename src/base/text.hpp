// Taking text apart. Views into the caller's text throughout.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission::text {

SCISSION_EXPORT std::string_view trim(std::string_view text);

/// "a,b" → {"a", "b"}; "" → {""}.
SCISSION_EXPORT std::vector<std::string_view> split(std::string_view text, char separator);

/// The whole text as a number in the C locale, or nothing. Takes "1e-3", not "1 ", "0x1", "inf".
SCISSION_EXPORT std::optional<double> to_double(std::string_view text);
SCISSION_EXPORT std::optional<int> to_int(std::string_view text);

/// "device" → "Device"; ASCII only.
SCISSION_EXPORT std::string capitalized(std::string word);

SCISSION_EXPORT std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace scission::text
