// Taking text apart. Views into the caller's text throughout.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// For our own tools, which share this with the library.
#pragma GCC visibility push(default)
namespace scission::text {

std::string_view trim(std::string_view text);

/// "a,b" → {"a", "b"}; "" → {""}.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The whole text as a number in the C locale, or nothing. Takes "1e-3", not "1 ", "0x1", "inf".
std::optional<double> to_double(std::string_view text);
std::optional<int> to_int(std::string_view text);

/// "device" → "Device"; ASCII only.
std::string capitalized(std::string word);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace scission::text
#pragma GCC visibility pop
